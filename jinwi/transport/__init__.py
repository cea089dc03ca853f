"""How a call is sent: retried, followed to its end, many at once. Knows no address of the API."""

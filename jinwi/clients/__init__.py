"""The parts of both clients that have a name of their own: `client.gold`, `client.webhooks`, …."""

"""What the API answers, as types."""

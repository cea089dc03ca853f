"""What each call to the API sends and how its answer is read, without sending it."""

"""What the retraining loop does to a detector over time, tried on embeddings: `python -m bench.retraining --help`."""

"""The retrainer: it makes versions, measures them, and carries retraining runs to their end.

Nothing else that runs imports torch. Its rooms stand in layers: see the contract of that name in pyproject.toml.
"""

"""The training loop and what feeds it: augmented batches, the optimizer, recipes, slices of time.

May import the networks.
"""

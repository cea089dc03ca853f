"""A detector that a user brings: an ONNX file and a card become a version like any other.

May import versions; never needs torch.
"""

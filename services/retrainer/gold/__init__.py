"""Labelled pictures as a served model sees them: the looks that travel with a version, and gold's hashes.

May import versions, fitting, robustness, sources and data.
"""

"""The retrainer that stands by, and a run from its first stage to its last: where all the other rooms meet.

May import every room, and is imported by none.
"""

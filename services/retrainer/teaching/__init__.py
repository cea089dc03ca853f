"""A candidate of the champion: its lessons, the head alone or the whole network, and its new calibration.

May import gold, and those below it; nothing here knows where pictures come from, or what the gate will say.
"""

"""Version directories: what lies in one, how one is written, staged from another, read back, fetched and put in place.

May import the networks.
"""

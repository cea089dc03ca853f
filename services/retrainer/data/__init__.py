"""Data sets of labelled pictures: what is in one, how it is split and decoded, what two of them share.

Imports no other room.
"""

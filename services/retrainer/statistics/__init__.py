"""Figures of scores and labels: metrics, intervals over owners, calibration.

Imports no other room.
"""

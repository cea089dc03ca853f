"""What every report of the laboratory is written with: markup, figures with their intervals, chapters.

May import statistics.
"""

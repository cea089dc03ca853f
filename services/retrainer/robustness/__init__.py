"""How a detector bears what the web does to pictures: grid, composites, sensitivity, table of files.

May import pages, data and statistics.
"""

"""`jinwi train`: a version from a data set, with its calibration, thresholds, figures and card.

May import every room of the laboratory: fitting, versions, evaluation, and those below them.
"""

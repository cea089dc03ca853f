"""`jinwi evaluate`: a version measured on data sets, by owner and group, beside chance, with thresholds and a page.

May import robustness, sources, pages, data and statistics; runs versions as served ones, and so needs no torch.
"""

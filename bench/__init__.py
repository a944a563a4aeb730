"""Comparisons within one run: ``make bench``."""

"""Benchmarks as comparisons within one run: ``make bench``."""

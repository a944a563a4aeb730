"""Whoever synthesizes, one file each."""

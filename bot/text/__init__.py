"""Spoken text: markup, splitting, languages and styles."""

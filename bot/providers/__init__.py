"""Providers of speech, one package each."""

"""Chat networks, one folder each."""

"""Chat networks, one package each."""

"""Speech: cleaning, splitting, styles, budget, providers, and the synthesis core that joins them."""

"""Speech: cleaning, splitting, styles, budget, providers, and the waist that joins them."""

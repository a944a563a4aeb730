"""Speech: policy, quotas, clip cache, providers in fallback order, and the synthesis core that joins them."""

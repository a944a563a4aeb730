"""Audio: samples, Opus, Ogg, waveforms, effects."""

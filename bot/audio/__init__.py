"""Sound: samples, Opus, Ogg, the waveform sketch."""

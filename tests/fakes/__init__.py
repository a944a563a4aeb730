"""Stand-ins for what cannot be reached: real servers on loopback, strict where the real one is."""

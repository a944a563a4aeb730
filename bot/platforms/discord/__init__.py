"""Discord, without the commands: those are in cogs."""

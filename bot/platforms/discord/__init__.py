"""Discord, except for the commands, which are in cogs."""

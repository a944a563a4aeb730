"""Discord's commands, one cog per file."""

"""Discord's command doors, one file each."""

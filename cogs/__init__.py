"""Discord's command front ends, one file each."""

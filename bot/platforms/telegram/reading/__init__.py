"""Reading aloud in Telegram groups."""

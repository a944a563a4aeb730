"""Text to be spoken: markup, splitting, languages and styles."""

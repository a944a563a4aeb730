"""Reading a chat aloud on any network: whose messages are read, their spoken text, and their order.

Used by Discord's voice calls and by Telegram's ``/read``.
"""

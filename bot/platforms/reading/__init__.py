"""Reading a chat aloud, whatever the network: who is read, what is said of a message, and in which order.

Used by Discord's voice calls and by Telegram's ``/read``.
"""

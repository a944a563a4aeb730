"""Normalization: a chat message becomes spoken text, one module per concern, ordered by ``reader``.

The only entry point is ``bot.normalization.clean.clean_message``; front ends build the values of ``message``.
"""

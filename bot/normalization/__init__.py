"""What a chat message becomes when it is read aloud: one file per concern, put in order by ``reader``.

Entered by ``bot.normalization.clean.clean_message`` alone; front ends make the values of ``message``.
"""

"""What a chat message becomes when it is read aloud: one file per concern, put in order by ``reader``.

Entered by ``bot.speech.clean.clean_message`` alone; doors make the values of ``message``.
"""

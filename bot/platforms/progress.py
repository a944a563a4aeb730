"""How far something is that is being spoken, in a sentence. Both platforms show it from three seconds on.

``discord/place.py`` and ``telegram/speaking.py`` put it into a message with a way to cancel.
"""

from bot.speech.turns import Waiting
from bot.texts import of_provider, say


def progress(waiting: Waiting, language: str) -> str:
    """Return the queue position, the parts that are ready, or who keeps the person waiting; empty when it is over."""
    place = waiting.place()
    if place is not None:
        code = "waiting.place" if place[0] else "waiting.next"
        return say(code, language, before=place[0], seconds=max(1, round(place[1])))
    if waiting.is_over:
        return ""
    if waiting.done:
        return say("waiting.parts", language, done=waiting.done, total=waiting.parts)
    if waiting.seconds >= 1:
        seconds = int(waiting.seconds)
        return say("waiting.seconds", language, seconds=seconds, whole=max(seconds, round(waiting.whole)))
    if waiting.provider:
        return say("waiting.slow", language, provider=of_provider(waiting.provider, language))
    return say("waiting.begun", language)

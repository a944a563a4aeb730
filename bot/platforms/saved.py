"""Voices that people and places have saved: where one is not there any more, the next one speaks, and that is told.

Used by ``desk.py``. A voice that is named in a wish is another matter: the waist refuses what it lacks.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.errors import BotError, DuplicateError, InputError, unknown_voice
from bot.model import Account, Note, Receipt, Space, Utterance, Voice
from bot.speech.service import SpeechService
from bot.speech.sink import Sink
from bot.speech.turns import Waiting
from bot.store.preferences import Preferences
from bot.store.spaces import Spaces

_FORGOTTEN = 600.0
"""Seconds after which a voice that was gone is asked for again."""
_MOST = 200
_UNKNOWN = "voice.unknown"
_OWN, _SHARED = "note.own_voice_gone", "note.place_voice_gone"
_COMMANDS = {_OWN: {"telegram": "/voice", "discord": "/settings mine"}, _SHARED: {"discord": "/server settings"}}
"""What changes it."""


@dataclass(frozen=True, slots=True)
class _Saved:
    """A voice, and what is told where it is gone."""

    voice: str
    note: Note


class SavedVoices:
    """One for a process."""

    def __init__(
        self,
        speech: SpeechService,
        preferences: Preferences,
        spaces: Spaces,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._speech = speech
        self._preferences = preferences
        self._spaces = spaces
        self._clock = clock
        self._gone: dict[str, float] = {}

    async def first(self, account: Account | None, space: Space | None) -> tuple[Voice, tuple[Note, ...]]:
        """The first of them that is there, as far as is known without asking, and what is told of those before it.

        The configured one where there is none. Raises StoreError.
        """
        notes: list[Note] = []
        for saved in await self._of(account, space, ""):
            if await self._is_there(saved.voice):
                return Voice(id=saved.voice), tuple(notes)
            notes.append(saved.note)
        return Voice(), tuple(notes)

    async def known(self, name: str) -> str:
        """The id of a voice that may be saved, as it is listed. Raises InputError ``voice.unknown``.

        Where somebody speaks who lists no voices, whatever could be one is taken.
        """
        listed = {info.id.casefold(): info.id for info in self._speech.voices()}
        if (found := listed.get(name.casefold())) is not None:
            return found
        if self._speech.lists_every_voice():
            raise unknown_voice(name, tuple(listed.values()))
        await self._speech.explain(Utterance("a", "", voice=Voice(id=name)))
        return name

    async def speak(
        self, utterances: Sequence[Utterance], sink: Sink, waiting: Waiting | None = None, *, bound: str = ""
    ) -> tuple[Receipt, Voice]:
        """As ``speak_together``, but that a saved voice gives way where it is gone; also who was asked in the end.

        ``bound``: the voice of the channel that is read. The receipt's notes tell first which voices are gone.
        """
        wanted = utterances[0].voice
        saved = await self._of(utterances[0].account, utterances[0].space, bound)
        line = saved[next((n for n, each in enumerate(saved) if each.voice == wanted.id), len(saved)) :]
        notes: list[Note] = []
        refused: list[InputError] = []
        for each in line:
            if await self._is_there(each.voice):
                try:
                    receipt = await self._once_more(utterances, Voice(id=each.voice), sink, waiting, refused)
                except InputError as error:
                    if error.code != _UNKNOWN or error.facts.get("voice") != each.voice:
                        raise
                    refused.append(error)
                    self._remember(each.voice)
                else:
                    return replace(receipt, notes=(*notes, *receipt.notes)), Voice(id=each.voice)
            notes.append(each.note)
        voice = Voice() if line else wanted
        receipt = await self._once_more(utterances, voice, sink, waiting, refused)
        return replace(receipt, notes=(*notes, *receipt.notes)), voice

    async def _once_more(
        self,
        utterances: Sequence[Utterance],
        voice: Voice,
        sink: Sink,
        waiting: Waiting | None,
        refused: Sequence[InputError],
    ) -> Receipt:
        """In a voice; after others were ``refused`` under new keys, since those of a wish that failed are used up."""
        again = f":{len(refused)}" if refused else ""
        spoken = {each.key: replace(each, key=each.key + again, voice=voice) for each in utterances}
        try:
            receipt = await self._speech.speak_together(tuple(spoken.values()), sink, waiting)
        except DuplicateError:
            if not refused:
                raise
            raise refused[-1] from None  # which is why it was not spoken the first time
        asked = {utterance.key: key for key, utterance in spoken.items()}
        return replace(receipt, left_out=tuple((asked[key], reason) for key, reason in receipt.left_out))

    async def _of(self, account: Account | None, space: Space | None, bound: str) -> tuple[_Saved, ...]:
        """The person's own, the channel's, the place's, in this order, each voice once."""
        platform = account.platform if account is not None else ""
        own = (await self._preferences.get(account)).voice if account is not None else ""
        shared = (await self._spaces.get(space)).default_voice if space is not None else ""
        saved: dict[str, _Saved] = {}
        for code, voice in ((_OWN, own), (_SHARED, bound), (_SHARED, shared)):
            facts = (("voice", voice), ("command", _COMMANDS[code].get(platform, "/settings")))
            if voice:
                saved.setdefault(voice, _Saved(voice, Note(code, facts)))
        return tuple(saved.values())

    async def _is_there(self, voice: str) -> bool:
        """As far as is known without asking a service."""
        if (until := self._gone.get(voice)) is not None and self._clock() < until:
            return False
        if any(voice == listed.id for listed in self._speech.voices()):
            return True
        try:
            await self._speech.explain(Utterance("a", "", voice=Voice(id=voice)))
        except InputError as error:
            return error.code != _UNKNOWN
        except BotError:
            return True  # that is told when it is to speak
        return True

    def _remember(self, voice: str) -> None:
        self._gone.pop(voice, None)
        self._gone[voice] = self._clock() + _FORGOTTEN
        if len(self._gone) > _MOST:
            del self._gone[next(iter(self._gone))]

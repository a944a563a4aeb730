"""What every door does around a spoken wish: defaults of person and place, the words for buttons, what is left.

Built by ``app.py``, used by the command doors of Discord and Telegram, so that both behave and count alike.
"""

import logging
import secrets
from dataclasses import dataclass, replace

from bot import texts
from bot.errors import InputError, QuotaError, StoreError
from bot.model import Account, Note, Receipt, Space, Utterance, Voice
from bot.platforms import command_log
from bot.platforms.presses import Presses
from bot.platforms.saved import SavedVoices
from bot.speech import styles as catalogue
from bot.speech.meter import Balance
from bot.speech.service import SpeechService
from bot.speech.sink import Sink
from bot.speech.turns import Waiting
from bot.store.preferences import Preferences
from bot.store.spaces import Spaces
from bot.store.words import Words

_log = logging.getLogger("mouthpiece")

FREE = "free"
"""Fact of a QuotaError: the token of the refused words, which the free voice can speak; empty if it cannot."""
_TAKES = 1_000_000
"""Takes to choose from when somebody wants another one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door tells and shows after speaking."""

    receipt: Receipt
    utterance: Utterance
    """As it was spoken, defaults filled in."""
    token: str
    """Names the words for buttons; empty where words are not kept."""
    balance: Balance | None
    """Of the meter that paid; None where the store could not tell."""
    is_free: bool = False
    """Whether another take by the same provider costs nothing."""


class Desk:
    """One for a process."""

    def __init__(self, speech: SpeechService, preferences: Preferences, spaces: Spaces, words: Words) -> None:
        self.speech = speech
        self.saved = SavedVoices(speech, preferences, spaces)
        self.preferences = preferences
        self.spaces = spaces
        self.words = words
        self.presses = Presses()

    async def speak(self, utterance: Utterance, sink: Sink, waiting: Waiting | None = None) -> Answer:
        """Speak with the defaults of the person, then of the place, where nothing is named. Raises as the waist."""
        account = utterance.account
        assert account is not None, "whoever stands at a door has an account"
        spoken, gone = await self._filled(utterance)
        try:
            receipt, voice = await self.saved.speak((spoken,), sink, waiting)
        except QuotaError as error:
            raise QuotaError(error.code, **{**error.facts, FREE: await self._kept_for_free(utterance)}) from error
        command_log.spoke(receipt)
        receipt, spoken = replace(receipt, notes=(*gone, *receipt.notes)), replace(spoken, voice=voice)
        return await self._written_down(
            account, utterance, Answer(receipt, spoken, "", None, self._again_is_free(spoken))
        )

    async def _written_down(self, account: Account, asked: Utterance, answer: Answer) -> Answer:
        """With what the store adds. What was spoken is delivered also where the store fails now."""
        known = [style.en for name in asked.styles if (style := catalogue.find(name)) is not None]
        try:
            await self.preferences.used(account, asked.voice.id, known)
            token = await self.words.keep(answer.utterance)
            meter = self.speech.meter_of(answer.receipt.provider)
            balance = await self.speech.balance(account, answer.utterance.roles, meter)
        except StoreError as error:
            _log.warning("a voice message goes out without its buttons: %s", error.code)
            return answer
        return replace(answer, token=token, balance=balance)

    def _again_is_free(self, spoken: Utterance) -> bool:
        return self.speech.would_be_free(replace(spoken, unpaid=False))

    async def _kept_for_free(self, utterance: Utterance) -> str:
        """Keep what the quota refused for the free voice. Return its token; empty if there is no such voice."""
        if not self.speech.has_free_voice or self.speech.would_be_free(utterance):
            return ""
        try:
            return await self.words.keep(utterance)
        except StoreError as error:
            _log.warning("the free voice could not be offered: %s", error.code)
            return ""

    async def free(
        self, token: str, key: str, account: Account, *, roles: tuple[str, ...] = (), channel: str = ""
    ) -> Utterance:
        """Return the words behind a button for the free voice. Raises InputError ``words.gone``, StoreError."""
        kept = await self.words.get(token)
        if kept is None:
            raise InputError("words.gone")
        return kept.utterance(key, account, roles=roles, channel=channel, unpaid=True)

    async def with_defaults(self, utterance: Utterance) -> Utterance:
        """Voice and style where the wish names none: the person's own, else the place's, of those that are there."""
        return (await self._filled(utterance))[0]

    async def _filled(self, utterance: Utterance) -> tuple[Utterance, tuple[Note, ...]]:
        """With its defaults, and what is told of saved voices that are gone."""
        style = ""
        if utterance.account is not None:
            style = (await self.preferences.get(utterance.account)).style
        if utterance.space is not None and not style:
            style = (await self.spaces.get(utterance.space)).default_style
        if not utterance.styles and style:
            utterance = replace(utterance, styles=catalogue.parse(style))
        if utterance.voice != Voice():
            return utterance, ()
        voice, gone = await self.saved.first(utterance.account, utterance.space)
        return replace(utterance, voice=voice), gone

    async def again(
        self,
        token: str,
        key: str,
        account: Account,
        *,
        styles: tuple[str, ...] | None = None,
        roles: tuple[str, ...] = (),
        channel: str = "",
    ) -> Utterance:
        """The words behind a button as a new wish of ``account``: in other ``styles``, or else as another take.

        Raises InputError ``words.gone`` when they are not kept any more, StoreError.
        """
        kept = await self.words.get(token)
        if kept is None:
            raise InputError("words.gone")
        wish = kept.utterance(key, account, roles=roles, channel=channel)
        if styles is not None:
            return replace(wish, styles=styles)
        return replace(wish, take=1 + secrets.randbelow(_TAKES))

    async def language(self, account: Account, space: Space | None, locale: str | None, otherwise: str) -> str:
        """To answer in: the person's choice, else what the platform says of the person, else the place's."""
        chosen = (await self.preferences.get(account)).language
        if chosen or locale:
            return chosen or texts.language(locale, otherwise)
        shared = (await self.spaces.get(space)).language if space is not None else ""
        return shared or otherwise

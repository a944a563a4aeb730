"""Languages and voices of the parts of a text: another voice speaks what the requested one cannot.

Called by the synthesis core. In a call a message in several languages is cut where the language changes; everywhere
else a text has one language, which the provider is given, and the requested voice speaks all of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.model import Utterance, Voice, VoiceKind
from bot.providers.base import Provider, VoiceInfo
from bot.text.language import detect, detect_stretches, load, tells_apart


@dataclass(frozen=True, slots=True)
class Role:
    """A part of the text, with its language and voice."""

    start: int
    """In characters."""
    end: int
    language: str = ""
    """Empty if it does not matter: the provider's voices are not distinguished by language."""
    provider: str = ""
    """Name of the provider that owns the voice; empty for the first one, with the requested voice."""
    voice: Voice = Voice()
    """A voice of that provider."""


async def cast(text: str, utterance: Utterance, providers: Sequence[Provider], *, mixed: bool) -> tuple[Role, ...]:
    """Return the parts of a cleaned text, in order and without gaps.

    ``providers``: in fallback order; the first has the requested voice. ``mixed``: whether the text may be cut and
    other voices may speak.
    """
    wanted, first = utterance.voice, providers[0]
    spoken = spoken_languages(first)
    if wanted.kind is not VoiceKind.PRESET or not spoken:
        return (Role(0, len(text)),)
    if not mixed:
        return (Role(0, len(text), await detect(text, spoken, utterance.language)),)
    everybody = frozenset[str]().union(*map(spoken_languages, providers))
    roles: list[Role] = []
    for part in await detect_stretches(text, everybody, utterance.language):
        role = _role(part.language, wanted, providers)
        if roles and (role.language, role.provider, role.voice) == (
            roles[-1].language,
            roles[-1].provider,
            roles[-1].voice,
        ):
            roles[-1] = Role(roles[-1].start, part.end, role.language, role.provider, role.voice)
        else:
            roles.append(Role(part.start, part.end, role.language, role.provider, role.voice))
    return tuple(roles)


async def prepare(providers: Sequence[Provider]) -> None:
    """Load the language detection off the event loop if these providers' voices need it."""
    if tells_apart(frozenset[str]().union(*map(spoken_languages, providers))):
        await load()


def spoken_languages(provider: Provider) -> frozenset[str]:
    """Return the languages a provider is known to speak; empty if its voices name none."""
    able = provider.capabilities
    return able.languages.union(voice.language for voice in able.voices if voice.language)


def provider_for(role_provider: str, providers: Sequence[Provider]) -> Provider:
    """Return the provider of a part: the owner of its voice, or the first one if that is not available."""
    return next((provider for provider in providers if provider.name == role_provider), providers[0])


def _role(language: str, wanted: Voice, providers: Sequence[Provider]) -> Role:
    """Return the role for a language, with its position still unknown."""
    own = _listed(wanted.id, providers[0].capabilities.voices)
    if _is_spoken(language, wanted, own, providers[0]):
        return Role(0, 0, "" if own is not None and not own.language else language)
    for provider in providers:
        able = provider.capabilities
        voices = [voice for voice in able.voices if voice.language == language]
        if language in able.languages or voices:
            alike = _alike(own, voices or able.voices)
            return Role(0, 0, language, provider.name, Voice(id=alike.id if alike is not None else ""))
    return Role(0, 0, language)


def _is_spoken(language: str, wanted: Voice, own: VoiceInfo | None, provider: Provider) -> bool:
    """Return whether the requested voice speaks a language, as far as known."""
    able = provider.capabilities
    if language in able.languages:
        return True
    if not wanted.id:
        return any(voice.language == language for voice in able.voices)
    return own is None or own.language in ("", language)


def _listed(name: str, voices: Collection[VoiceInfo]) -> VoiceInfo | None:
    return next((voice for voice in voices if voice.id.casefold() == name.strip().casefold()), None) if name else None


def _alike(own: VoiceInfo | None, voices: Sequence[VoiceInfo]) -> VoiceInfo | None:
    """Return the voice whose description has most in common with the requested one's, for example the same gender."""
    words = _traits(own)
    return max(voices, key=lambda voice: len(words & _traits(voice)), default=None)


def _traits(voice: VoiceInfo | None) -> frozenset[str]:
    return frozenset(voice.description.replace(",", " ").split()) if voice is not None else frozenset()

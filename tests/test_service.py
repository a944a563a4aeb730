"""The synthesis core: from an utterance to packets, with the real store, the real codec and a real server behind it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bot.audio.opus import decode
from bot.errors import BotError, BusyError, DuplicateError, ErrorKind, InputError, ProviderError, QuotaError
from bot.model import SAMPLE_RATE, Account, Clip, Lane, Receipt, Space, Utterance, Voice, VoiceKind
from bot.speech.sink import Recording
from bot.store.entries import Override
from tests.conftest import BuildHouse, House, until
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_rules import TONES
from tests.fakes.mimo_server import MimoServer
from tests.live_sink import Listener

SAM = Account("discord", "1")
GUILD = Space("discord", "9")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.speech.fallback._FIRST_PAUSE", 0.001)


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> int:
    """The service takes fewer characters at once, so that a text of several segments is soon spoken."""
    monkeypatch.setattr("bot.providers.mimo.provider.MAX_TEXT", 120)
    return 120


def utterance(text: str = "Hello there, my friend.", key: str = "k1", **more: object) -> Utterance:
    whole = Utterance(text, key, account=SAM, space=GUILD)
    return replace(whole, **more)  # type: ignore[arg-type]


def sound(clip: Clip) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The clip's samples, decoded, from -1 to 1."""
    pcm = decode(clip.packets, clip.pre_skip, clip.samples)
    return np.frombuffer(pcm.samples, "<i2").astype(np.float64) / 32768


def loudest_frequency(clip: Clip) -> float:
    samples = sound(clip)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * SAMPLE_RATE / len(samples))


async def used(house: House, meter: str = "paid") -> int:
    return (await house.ledger.usage(SAM.scope, meter)).characters  # type: ignore[arg-type]


async def test_what_the_service_said_is_what_is_heard(mimo_house: House, mimo: MimoServer) -> None:
    receipt = await mimo_house.speech.speak(utterance(voice=Voice(id="Mia")), Recording())
    assert receipt.provider == "mimo"
    assert receipt.charged == len("Hello there, my friend.")
    assert abs(loudest_frequency(receipt.clip) - TONES["Mia"]) < 5
    assert receipt.clip.seconds % 0.16 == pytest.approx(0, abs=0.001) or receipt.clip.seconds % 0.16 > 0.159
    assert await used(mimo_house) == receipt.charged
    assert await mimo_house.ledger.audit() == []


async def test_the_first_packet_is_out_before_the_second_chunk_is_sent(mimo_house: House, mimo: MimoServer) -> None:
    gate = mimo.hold_after(chunks=1)
    listener = Listener()
    speaking = asyncio.create_task(mimo_house.speech.speak(utterance(lane=Lane.CALL), listener))
    async with asyncio.timeout(5):
        await listener.heard.wait()
        assert not speaking.done()
        gate.set()
        receipt = await speaking
    assert listener.packets == list(receipt.clip.packets)
    assert receipt.clip.seconds > 0.5


async def test_a_recording_is_written_once_and_is_the_clip(mimo_house: House) -> None:
    class Kept(Recording):
        def __init__(self) -> None:
            super().__init__()
            self.packets: list[bytes] = []

        async def write(self, packets: Sequence[bytes]) -> None:
            self.packets += packets

    kept = Kept()
    receipt = await mimo_house.speech.speak(utterance(), kept)
    assert kept.packets == list(receipt.clip.packets)


async def test_the_same_again_costs_nothing_and_calls_nobody(mimo_house: House, mimo: MimoServer) -> None:
    first = await mimo_house.speech.speak(utterance(key="a"), Recording())
    again = await mimo_house.speech.speak(utterance(key="b"), Recording())
    assert (again.cached, again.charged, again.clip) == (True, 0, first.clip)
    assert len(mimo.calls) == 1
    other = await mimo_house.speech.speak(utterance(key="c", take=1), Recording())
    assert (other.cached, len(mimo.calls)) == (False, 2)
    assert await used(mimo_house) == 2 * first.charged


async def test_identical_requests_at_once_are_one_call(mimo_house: House, mimo: MimoServer) -> None:
    async def one(number: int) -> Receipt:
        return await mimo_house.speech.speak(
            utterance(key=str(number), account=Account("discord", str(number))), Recording()
        )

    receipts = await asyncio.gather(*(one(number) for number in range(10)))
    assert len(mimo.calls) == 1
    assert sorted(receipt.cached for receipt in receipts) == [False] + [True] * 9
    assert mimo_house.speech._cache._in_flight == {}


async def test_a_second_delivery_neither_speaks_nor_charges(mimo_house: House, mimo: MimoServer) -> None:
    await mimo_house.speech.speak(utterance(), Recording())
    before = await used(mimo_house)
    with pytest.raises(DuplicateError):
        await mimo_house.speech.speak(utterance(), Recording())
    cached = utterance(key="cached")
    await mimo_house.speech.speak(cached, Recording())
    with pytest.raises(DuplicateError):
        await mimo_house.speech.speak(cached, Recording())
    assert (await used(mimo_house), len(mimo.calls)) == (before, 1)


@pytest.mark.parametrize("kind", ["429", "500", "502html", "no_audio", "bad_base64", "cut"])
async def test_what_may_work_again_is_tried_again(mimo_house: House, mimo: MimoServer, kind: str) -> None:
    mimo.faults.append(Fault(kind))
    receipt = await mimo_house.speech.speak(utterance(), Recording())
    assert (receipt.provider, len(mimo.calls)) == ("mimo", 2)
    assert receipt.notes == ()


async def test_a_stream_cut_after_something_was_heard_is_not_tried_again(mimo_house: House, mimo: MimoServer) -> None:
    mimo.faults.append(Fault("cut"))
    with pytest.raises(ProviderError) as caught:
        await mimo_house.speech.speak(utterance(lane=Lane.CALL), Listener())
    assert caught.value.kind is ErrorKind.INCOMPLETE
    assert len(mimo.calls) == 1
    assert await used(mimo_house) == 0


async def test_after_a_cut_in_a_call_the_next_segment_goes_on(mimo_house: House, mimo: MimoServer) -> None:
    mimo.faults.append(Fault("cut"))
    text = "The first sentence is this one. " + "And then there is a second one, which is rather longer. " * 4
    listener = Listener()
    receipt = await mimo_house.speech.speak(utterance(text, lane=Lane.CALL), listener)
    assert [note.code for note in receipt.notes] == ["note.cut"]
    assert 0 < receipt.charged < len(text.strip())
    assert listener.packets == list(receipt.clip.packets)


async def test_when_the_service_is_down_the_backup_speaks_and_says_so(mimo_house: House, mimo: MimoServer) -> None:
    mimo.faults.append(Fault("500", times=99))
    receipt = await mimo_house.speech.speak(utterance(), Recording())
    assert (receipt.provider, receipt.charged) == ("espeak", len("Hello there, my friend."))
    note = receipt.notes[0]
    assert note.code == "note.backup"
    assert dict(note.facts) == {"provider": "espeak", "instead": "mimo", "reason": "server"}
    assert (await used(mimo_house), await used(mimo_house, "builtin")) == (0, receipt.charged)
    calls = len(mimo.calls)
    again = await mimo_house.speech.speak(utterance("Something else.", key="k2"), Recording())
    assert (again.provider, len(mimo.calls)) == ("espeak", calls), "an open breaker asks nobody"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("401", "authentication"),
        ("402", "balance"),
        ("403", "forbidden"),
        ("500", "server"),
        ("silent_socket", "timeout"),
    ],
)
async def test_without_a_backup_the_failure_is_told_and_nothing_charged(
    build_house: BuildHouse, mimo: MimoServer, kind: str, code: str
) -> None:
    patience = {"first_audio_seconds": 1} if kind == "silent_socket" else {}
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test", **patience}},
        speech={"providers": ["mimo"]},
    )
    mimo.faults.append(Fault(kind, times=99))
    with pytest.raises(ProviderError, match=rf"provider\.{code}"):
        await house.speech.speak(utterance(), Recording())
    assert await used(house) == 0
    assert await house.ledger.audit() == []


async def test_a_wrong_voice_is_refused_with_the_right_ones(mimo_house: House) -> None:
    with pytest.raises(InputError, match=r"voice\.unknown") as caught:
        await mimo_house.speech.speak(utterance(voice=Voice(id="Bob")), Recording())
    assert "Mia" in str(caught.value.facts["voices"])
    assert await used(mimo_house) == 0


async def test_a_refused_text_is_not_given_to_the_backup(mimo_house: House, mimo: MimoServer) -> None:
    with pytest.raises(ProviderError) as caught:
        await mimo_house.speech.speak(utterance("Some forbidden words here."), Recording())
    assert caught.value.kind is ErrorKind.MODERATION


async def test_a_voice_of_the_built_in_engine_goes_there_at_once(mimo_house: House, mimo: MimoServer) -> None:
    receipt = await mimo_house.speech.speak(utterance(voice=Voice(id="en-f")), Recording())
    assert (receipt.provider, receipt.notes, mimo.calls) == ("espeak", (), [])


async def test_text_cut_short_by_the_service_is_split_and_spoken_whole(mimo_house: House, mimo: MimoServer) -> None:
    text = "This is a sentence of a longer text that goes on for a while. " * 6
    mimo.faults.append(Fault("truncated"))
    receipt = await mimo_house.speech.speak(utterance(text), Recording())
    spoken = [call["messages"][-1]["content"] for call in mimo.calls]
    assert len(spoken) == 3
    assert " ".join(spoken[1:]).replace("  ", " ") == text.strip()
    assert receipt.charged == len(text.strip())
    assert receipt.clip.seconds > 10


async def test_the_service_takes_two_thousand_characters_at_once(mimo_house: House) -> None:
    (provider,) = mimo_house.speech._chain.order(Voice(id="Mia"))[:1]
    assert provider.capabilities.segment_characters == 2000


async def test_a_long_text_is_spoken_in_segments_with_the_style_on_each(
    mimo_house: House, mimo: MimoServer, small_segments: int
) -> None:
    text = ("这是一个很长的故事。" * 2 + "\n") * 7
    receipt = await mimo_house.speech.speak(utterance(text, styles=("开心",)), Recording())
    spoken = [call["messages"][-1]["content"] for call in mimo.calls]
    assert len(spoken) == 2
    assert all(content.startswith("(开心)") and len(content) <= small_segments + 4 for content in spoken)
    assert receipt.charged == len(text.strip())


async def test_texts_that_differ_in_a_pause_alone_are_two_clips(
    mimo_house: House, mimo: MimoServer, small_segments: int
) -> None:
    first, second = (
        "The rain fell for three days, and then for three more days of it.",
        "then it stopped and " * 3 + "out it came",
    )
    assert len(first) + len(second) > small_segments
    receipts = []
    for number, between in enumerate((" ", "\n", "\r\n\r\n")):
        text = f"{first}{between}{second}"
        receipts.append(await mimo_house.speech.speak(utterance(text, key=f"k{number}"), Recording()))
    spoken, broken, again = receipts
    asked = [call["messages"][-1]["content"] for call in mimo.calls]
    assert asked[:2] == asked[2:] == [first, second.strip()], "the same requests"
    assert spoken.clip_key != broken.clip_key == again.clip_key
    assert (broken.cached, again.cached) == (False, True)
    assert broken.clip.seconds - spoken.clip.seconds == pytest.approx(0.2, abs=0.021)


async def test_quota_that_is_used_up_refuses_before_anyone_is_called(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 30},
    )
    await house.speech.speak(utterance("Twenty characters ok", key="a"), Recording())
    with pytest.raises(QuotaError, match=r"quota\.account_characters") as caught:
        await house.speech.speak(utterance("Twenty characters no", key="b"), Recording())
    assert (caught.value.facts["left"], caught.value.facts["asked"]) == (10, 20)
    assert len(mimo.calls) == 1


async def test_a_role_and_an_admin_may_have_more(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 5, "admins": ["discord:2"]},
    )
    await house.ledger.set_override(Override("role:discord:77", characters_per_day=500))
    with pytest.raises(QuotaError):
        await house.speech.speak(utterance(key="a"), Recording())
    await house.speech.speak(utterance(key="b", roles=("role:discord:77",)), Recording())
    await house.speech.speak(utterance("Another text.", key="c", account=Account("discord", "2")), Recording())


async def test_the_space_has_a_share(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota={"space_characters_per_day": 30},
    )
    await house.speech.speak(utterance("Twenty characters ok", key="a"), Recording())
    with pytest.raises(QuotaError, match=r"quota\.space_characters"):
        await house.speech.speak(
            utterance("Twenty characters no", key="b", account=Account("discord", "2")), Recording()
        )


async def test_the_operator_has_no_quota(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 1},
    )
    receipt = await house.speech.speak(utterance(account=None, space=None), Recording())
    assert receipt.charged == 0


async def test_whoever_is_cancelled_pays_only_for_what_was_synthesized(mimo_house: House, mimo: MimoServer) -> None:
    mimo.hold_after(chunks=1)
    listener = Listener()
    text = "The first sentence is this one. And then comes a second one that is never spoken."
    speaking = asyncio.create_task(mimo_house.speech.speak(utterance(text, lane=Lane.CALL), listener))
    async with asyncio.timeout(5):
        await listener.heard.wait()
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    assert await used(mimo_house) == 0
    assert await mimo_house.ledger.audit() == []


async def test_a_full_day_at_the_provider_is_remembered(build_house: BuildHouse, mimo: MimoServer) -> None:
    sections = {
        "providers": {"mimo": {"base_url": mimo.base_url, "api_key": "sk-test", "rpd": 1}},
        "speech": {"providers": ["mimo"]},
    }
    house = await build_house(**sections)
    await house.speech.speak(utterance(key="a"), Recording())
    for again in (house, await build_house(**sections)):
        with pytest.raises(ProviderError) as caught:
            await again.speech.speak(utterance("Something else.", key=str(id(again))), Recording())
        assert (caught.value.kind, caught.value.detail) == (ErrorKind.BUDGET, "rpd")
    assert len(mimo.calls) == 1


async def test_no_more_requests_at_once_than_configured(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, speech={"providers": ["mimo"]}
    )
    await asyncio.gather(
        *(house.speech.speak(utterance(f"Text number {n}.", key=str(n)), Recording()) for n in range(6))
    )
    assert (len(mimo.calls), mimo.most_at_once) == (6, 1)


@pytest.mark.usefixtures("small_segments")
async def test_a_job_has_at_most_one_segment_in_flight(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test", "max_concurrency": 5}},
        speech={"providers": ["mimo"]},
    )
    text = "This is one sentence of a long job. " * 10
    await house.speech.speak(utterance(text, lane=Lane.JOB, account=None), Recording())
    assert (len(mimo.calls) > 1, mimo.most_at_once) == (True, 1)


@pytest.mark.usefixtures("small_segments")
async def test_a_live_call_overtakes_a_long_job(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, speech={"providers": ["mimo"]}
    )
    gate = mimo.hold_after(chunks=1)
    text = "This is one sentence of a long job. " * 10
    job = asyncio.create_task(house.speech.speak(utterance(text, key="job", lane=Lane.JOB, account=None), Recording()))
    async with asyncio.timeout(10):
        await gate.reached.wait()
        call = asyncio.create_task(house.speech.speak(utterance("Quick.", key="call", lane=Lane.CALL), Listener()))
        await until(lambda: house.speech._chain._limiter._queues["mimo"].waiting == 1)
        gate.set()
        await asyncio.gather(job, call)
    spoken = [body["messages"][-1]["content"] for body in mimo.calls]
    assert spoken[1] == "Quick."
    assert len(spoken) > 2


async def test_no_key_and_nobody_else_is_said(build_house: BuildHouse) -> None:
    house = await build_house(speech={"providers": ["mimo"]})
    with pytest.raises(BotError, match=r"provider\.no_key"):
        await house.speech.speak(utterance(), Recording())


async def test_no_key_and_the_built_in_engine_behind_it(build_house: BuildHouse) -> None:
    house = await build_house()
    receipt = await house.speech.speak(utterance(), Recording())
    assert receipt.provider == "espeak"


async def test_explain_calls_nobody(mimo_house: House, mimo: MimoServer) -> None:
    found = await mimo_house.speech.explain(
        utterance("<style>Sad</style>Hello", styles=("Whisper",), voice=Voice(id="Mia"))
    )
    assert found.spoken == "Sad Hello"
    assert found.requests[0]["messages"][-1] == {"role": "assistant", "content": "(Whisper)Sad Hello"}
    assert mimo.requests == []
    assert await used(mimo_house) == 0


@pytest.mark.parametrize(
    "text",
    ["Hel\x00lo", "Hel\ud800lo", "H̸̡̪̯ͨ͊̽̅̾̎Ȩ̬̩̾͛ͪ̈́̀́͘ ̶̧̨̱̹̭̯ͧ̾ͬC̷̙̲̝͖ͭ̏ͥͮ͟Oͮ͏̮̪̝͍", "</style><style>hello", "[[[hello [cough] there]]]", "\n" * 10_000 + "hello"],
)
async def test_hostile_text_is_spoken_after_cleaning(mimo_house: House, mimo: MimoServer, text: str) -> None:
    receipt = await mimo_house.speech.speak(utterance(text), Recording())
    assert receipt.clip.seconds > 0.5
    content = mimo.calls[-1]["messages"][-1]["content"]
    assert "<" not in content
    assert "\x00" not in content
    assert len(content) < 100


@pytest.mark.parametrize("text", ["", "   \n", "[cough]", "?!…", "\u200b\u200d", "<style>"])
async def test_nothing_to_speak_is_refused(mimo_house: House, mimo: MimoServer, text: str) -> None:
    with pytest.raises(InputError, match=r"text\.empty"):
        await mimo_house.speech.speak(utterance(text), Recording())
    assert mimo.calls == []


async def test_too_long_a_text_is_refused(mimo_house: House) -> None:
    for text in ("word " * 1000, "x" * 1_000_000):
        with pytest.raises(InputError, match=r"text\.too_long"):
            await mimo_house.speech.speak(utterance(text), Recording())


async def test_far_more_sound_than_text_is_not_believed(
    build_house: BuildHouse, mimo: MimoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.text.split._ALWAYS_BELIEVED", 5.0)
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, speech={"providers": ["mimo"]}
    )
    mimo.frames_per_frame = 20
    with pytest.raises(ProviderError) as caught:
        await house.speech.speak(utterance(), Recording())
    assert caught.value.kind is ErrorKind.BAD_ANSWER


async def test_a_full_queue_says_so(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"], "queue": 1},
    )
    gate = mimo.hold_after(chunks=1)
    listener = Listener()
    tasks = [asyncio.create_task(house.speech.speak(utterance("One.", key="1", lane=Lane.CALL), listener))]
    async with asyncio.timeout(5):
        await listener.heard.wait()
        tasks.append(asyncio.create_task(house.speech.speak(utterance("Two.", key="2"), Recording())))
        await until(lambda: house.speech._chain._limiter._queues["mimo"].waiting == 1)
        with pytest.raises(BusyError, match=r"busy\.queue"):
            await house.speech.speak(utterance("Three.", key="3"), Recording())
        gate.set()
        await asyncio.gather(*tasks)
    assert await house.ledger.audit() == []


async def test_a_recording_for_a_small_file_gets_fewer_bits(mimo_house: House) -> None:
    text = "This is a rather long story about nothing at all. " * 7
    said = utterance(text, account=None)
    wide = await mimo_house.speech.speak(said, Recording())
    narrow = await mimo_house.speech.speak(said, Recording(max_bytes=40_000))
    assert narrow.cached is False
    assert sum(map(len, narrow.clip.packets)) < sum(map(len, wide.clip.packets)) * 0.8


async def test_a_second_delivery_is_known_whoever_spoke(mimo_house: House, mimo: MimoServer) -> None:
    mimo.faults.append(Fault("500", times=99))
    for text, key in (("By the backup.", "a"), ("By the backup, too.", "b")):
        assert (await mimo_house.speech.speak(utterance(text, key=key), Recording())).provider == "espeak"
        with pytest.raises(DuplicateError):
            await mimo_house.speech.speak(utterance(text, key=key), Recording())


async def test_a_live_call_of_which_nothing_was_whole_is_a_failure(mimo_house: House, mimo: MimoServer) -> None:
    mimo.faults.append(Fault("cut", times=9))
    text = "The first sentence is this one. " + "And then there is a second one, which is rather longer. " * 4
    with pytest.raises(ProviderError):
        await mimo_house.speech.speak(utterance(text, lane=Lane.CALL), Listener())
    assert await used(mimo_house) == 0


async def test_a_hundred_dropped_tags_are_told_in_short(mimo_house: House) -> None:
    voice = Voice(VoiceKind.DESIGNED, description="an old sailor")
    receipt = await mimo_house.speech.speak(utterance("（咳嗽）啊" * 300, voice=voice), Recording())
    assert receipt.clip_key
    tags = dict(next(note.facts for note in receipt.notes if note.code == "note.tags_dropped"))["tags"]
    assert len(tags) < 100


@pytest.mark.parametrize(
    "wrong",
    [{"model": "mimo-v2.5-tts-voicedesign"}, {"model": "none"}, {"base_url": "https://127.0.0.1:9", "ca": "/no"}],
)
async def test_a_provider_set_up_wrongly_leaves_it_to_the_backup(
    build_house: BuildHouse, mimo: MimoServer, wrong: dict[str, str]
) -> None:
    settings = {"base_url": mimo.base_url, "api_key": "sk-test"} | wrong
    house = await build_house(providers={"mimo": settings}, endpoints={"ca_file": settings.pop("ca", "")})
    receipt = await house.speech.speak(utterance(), Recording())
    assert receipt.provider == "espeak"
    assert receipt.notes[0].code == "note.backup"


async def test_the_configured_voice_goes_to_whoever_has_it(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["espeak", "mimo"], "default_voice": "Mia"},
    )
    receipt = await house.speech.speak(utterance(), Recording())
    assert (receipt.provider, mimo.calls[0]["audio"]["voice"]) == ("mimo", "Mia")


async def test_another_engine_under_the_same_name_has_clips_of_its_own(
    build_house: BuildHouse, mimo: MimoServer
) -> None:
    async with MimoServer() as other:
        for server in (mimo, other):
            house = await build_house(
                providers={"mimo": {"base_url": server.base_url, "api_key": "sk-test"}},
                speech={"providers": ["mimo"]},
            )
            receipt = await house.speech.speak(utterance(key=server.root), Recording())
            assert (receipt.cached, len(server.calls)) == (False, 1)


async def test_identical_requests_that_wait_are_bounded(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"], "queue": 3},
        quota={"account_requests_per_minute": 0},
    )
    gate = mimo.hold_after(chunks=1)
    tasks = [asyncio.create_task(house.speech.speak(utterance(key=str(n)), Recording())) for n in range(10)]
    async with asyncio.timeout(10):
        await gate.reached.wait()
        gate.set()
        done = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(one, Receipt) for one in done) == 4
    assert sum(isinstance(one, BusyError) for one in done) == 6


async def test_an_override_holds_where_nothing_is_configured_and_on_the_built_in_meter(build_house: BuildHouse) -> None:
    house = await build_house(
        speech={"providers": ["espeak"]},
        quota={"account_characters_per_day": 0, "builtin_characters_per_day": 5, "admins": ["discord:7"]},
    )
    with pytest.raises(QuotaError):
        await house.speech.speak(utterance(key="a"), Recording())
    await house.speech.speak(utterance(key="b", account=Account("discord", "7")), Recording())
    await house.ledger.set_override(Override("role:discord:5", unlimited=True))
    await house.speech.speak(utterance("More words.", key="c", roles=("role:discord:5",)), Recording())
    await house.ledger.set_override(Override(SAM.scope, characters_per_day=3))
    assert (await house.speech.balance(SAM)).limit == 3


async def test_what_one_person_typed_is_not_told_to_the_next(house: House) -> None:
    first = await house.speech.speak(utterance(key="a", styles=("my private words",)), Recording())
    again = await house.speech.speak(utterance(key="b"), Recording())
    assert (again.cached, again.notes) == (True, ())
    assert [note.code for note in first.notes] == ["note.style_unsupported"]
    third = await house.speech.speak(utterance(key="c", styles=("唱歌",)), Recording())
    assert third.cached
    assert dict(third.notes[0].facts)["style"] == "唱歌"
    data = house.core.config.data_dir
    assert all(b"private words" not in path.read_bytes() for path in data.iterdir() if path.is_file())

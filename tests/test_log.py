"""No secret and no sentence in the log."""

import io
import logging
import subprocess
import sys
import threading

import pytest

from bot.errors import InputError
from bot.log import LimitedHandler, Redactor
from tests.shell import ROOT

_SECRET = "a-planted-secret"


def _logged(*arguments: object, error: bool = False) -> str:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Redactor([_SECRET]))
    logger = logging.Logger("here")  # noqa: LOG001  one that no other test shares
    logger.addHandler(handler)
    if error:
        try:
            raise ValueError("what a person wrote")
        except ValueError as cause:
            try:
                raise InputError("text.empty", text="what a person wrote") from cause
            except InputError:
                logger.exception(*arguments)
    else:
        logger.warning(*arguments)
    return out.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        f"key {_SECRET}",
        "POST https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0/getMe",
        "Bearer sk-abcdefgh12345678",
        "token MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.xyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyz",
    ],
)
def test_secrets_are_masked(line: str) -> None:
    said = _logged(line)
    assert "[secret]" in said
    for part in (_SECRET, "AAHdq", "sk-abc", "xyzxyz"):
        assert part not in said


def test_secrets_in_arguments_are_masked_too() -> None:
    assert _SECRET not in _logged("%s and %r", _SECRET, {"key": _SECRET})


def test_a_traceback_says_where_and_not_what() -> None:
    said = _logged("it broke", error=True)
    assert "what a person wrote" not in said
    assert "bot.errors.InputError" in said
    assert "builtins.ValueError" in said
    assert "test_log.py" in said


def test_what_another_handler_made_of_a_traceback_is_not_taken_over() -> None:
    try:
        raise ValueError("what a person wrote")
    except ValueError as error:
        record = logging.LogRecord(
            "here", logging.ERROR, __file__, 1, "it broke", (), (ValueError, error, error.__traceback__)
        )
    logging.Formatter().format(record)
    assert "what a person wrote" in (record.exc_text or "")
    assert "what a person wrote" not in Redactor([]).format(record)


def test_a_line_stays_a_line() -> None:
    assert _logged("one\ntwo\x1b[31m").count("\n") == 1


def test_what_asyncio_says_of_a_lost_error_says_where_and_not_what() -> None:
    script = """
import asyncio
from bot.log import protect

async def forgotten(words):
    raise ValueError(words)

def called_back(words):
    raise KeyError(words)

async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(called_back, "what a person wrote")
    task = asyncio.create_task(forgotten("what a person wrote"))
    await asyncio.wait([task])
    del task
    future = loop.create_future()
    future.set_exception(ValueError("what a person wrote"))
    del future
    loop.call_exception_handler({"message": "A library's words", "words": "what a person wrote"})

protect(())
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "person" not in done.stderr
    for words in (
        "Exception in callback called", "Task exception was never retrieved", "Future exception was never retrieved",
        "in forgotten", "in called_back", "builtins.ValueError", "builtins.KeyError", "A library",
    ):  # fmt: skip
        assert words in done.stderr


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def _limited() -> tuple[logging.Logger, io.StringIO, Clock, LimitedHandler]:
    out, clock = io.StringIO(), Clock()
    handler = LimitedHandler(out, clock)
    handler.setFormatter(Redactor([_SECRET]))
    logger = logging.Logger("here")  # noqa: LOG001  one that no other test shares
    logger.addHandler(handler)
    return logger, out, clock, handler


def _said(out: io.StringIO) -> list[str]:
    return [line.partition("here: ")[2] for line in out.getvalue().splitlines()]


def test_identical_lines_are_limited_and_counted() -> None:
    logger, out, clock, handler = _limited()
    for _ in range(1239):
        logger.warning("the door %s", "squeaks")
    assert _said(out) == ["the door squeaks"] * 5
    logger.warning("another line")
    assert _said(out)[5:] == ["another line"]
    clock.now = 61.0
    logger.warning("the door %s", "squeaks")
    assert _said(out)[6:] == ["the door squeaks … repeated 1,234 times", "the door squeaks"]
    logger.warning("with %s", _SECRET)
    for _ in range(6):
        logger.warning("with %s", _SECRET)
    handler.close()
    assert _said(out)[-1] == "with [secret] … repeated 2 times"


def test_lines_with_other_facts_are_other_lines_unless_they_are_marked_as_alike() -> None:
    logger, out, _, handler = _limited()
    for number in range(100):
        logger.info("command %d", number)
    assert len(_said(out)) == 100
    for number in range(100):
        logger.info("a malformed request from %d", number, extra={"alike": "malformed"})
    assert len(_said(out)) == 105
    handler.close()
    assert _said(out)[105:] == ["a malformed request from 0 … repeated 95 times"]


def test_a_flood_of_tracebacks_is_limited_too() -> None:
    logger, out, _, _ = _limited()
    for _ in range(1000):
        try:
            raise OSError(24, "Too many open files")
        except OSError:
            logger.exception("socket.accept() out of system resource")
    for _ in range(10):
        try:
            raise OSError(24, "Too many open files")
        except OSError:
            logger.exception("socket.accept() out of system resource")
    said = out.getvalue()
    assert said.count("out of system resource") == 10, "five for each place where it happens"
    assert said.count("OSError") == 10


def test_what_is_remembered_of_lines_is_bounded() -> None:
    logger, out, _, handler = _limited()
    for number in range(10_000):
        logger.info("line %d %s", number, "x" * 1000)
    assert len(handler._lines) == LimitedHandler.KNOWN
    assert max(len(line.message) for line in handler._lines.values()) <= 300
    assert len(_said(out)) == 10_000


def test_the_count_is_written_also_when_nothing_else_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LimitedHandler, "PERIOD", 0.05)
    written = threading.Event()

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            if "repeated" in text:
                written.set()
            return super().write(text)

    handler = LimitedHandler(Stream())
    logger = logging.Logger("here")  # noqa: LOG001  one that no other test shares
    logger.addHandler(handler)
    for _ in range(7):
        logger.warning("again")
    assert written.wait(10)
    handler.close()


def test_a_record_that_cannot_be_formatted_breaks_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logger, out, _, _ = _limited()
    logger.warning("%d", "no number")
    logger.warning("the next one")
    assert _said(out) == ["the next one"]
    assert "Logging error" in capsys.readouterr().err

"""No secret and no sentence in the log."""

import io
import logging
import subprocess
import sys

import pytest

from bot.errors import InputError
from bot.log import Redactor
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

"""No secret and no sentence in the log."""

import io
import logging

import pytest

from bot.errors import InputError
from bot.log import Redactor

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

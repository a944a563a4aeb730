"""The words beside a voice message, in runs: what is hidden, and where a long text is cut."""

import pytest

from bot.platforms.display import TextRun, cut_runs, words_beside


@pytest.mark.parametrize(
    ("spoken", "written", "shown"),
    [
        ("plain\n words", "plain words", [("plain words", False)]),
        ("it was ||Sam|| then", "", [("it was ", False), ("Sam", True), (" then", False)]),
        ("a ||b|| c ||d", "", [("a ", False), ("b", True), (" c ||d", False)]),
        ("it was Sam then", "it was ||Sam|| then", [("it was ", False), ("Sam", True), (" then", False)]),
        ("it was Sam then", "it was ||Sam 🙂|| then", [("it was Sam then", True)]),
        ("three kilos", "||3 kg||", [("three kilos", True)]),
        ("only a sign: ||", "", [("only a sign: ||", False)]),
        ("x", "x ||🙂||", [("x", False)]),
    ],
)
def test_what_was_a_spoiler_is_hidden(spoken: str, written: str, shown: list[tuple[str, bool]]) -> None:
    """Also when the marks were taken off; when it cannot be found again, all of it is hidden."""
    assert [(run.text, run.hidden) for run in words_beside(spoken, written)] == shown


@pytest.mark.parametrize(
    ("limit", "shown"),
    [(30, ["one two ", "three", " four"]), (14, ["one two ", "three"]), (12, ["one two ", "thr…"]), (5, ["one…"])],
)
def test_it_is_cut_between_words(limit: int, shown: list[str]) -> None:
    runs = (TextRun("one two "), TextRun("three", hidden=True), TextRun(" four"))
    cut = [run.text for run in cut_runs(runs, limit, lambda run: len(run.text))]
    assert cut == shown
    assert sum(map(len, cut)) <= limit

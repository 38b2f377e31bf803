"""Signals by Docker's spellings."""

import signal

import pytest
from hull.errors import UserError
from hull.runtime import signals


@pytest.mark.parametrize(
    ("word", "number"),
    [("TERM", 15), ("sigterm", 15), ("9", 9), ("RTMIN+3", signal.SIGRTMIN + 3), ("SIGRTMAX-1", signal.SIGRTMAX - 1)],
)
def test_names_and_numbers(word: str, number: int) -> None:
    assert signals.number(word) == number
    assert signals.number(signals.name(number)) == number


@pytest.mark.parametrize("word", ["", "0", "99", "NOPE", "_DFL", "RTMIN+x"])
def test_what_is_no_signal(word: str) -> None:
    with pytest.raises(UserError):
        signals.number(word)

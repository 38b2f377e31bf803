"""--filter words: keys, labels, times, and how several of them are one."""

import time

import pytest
from hull.commands import _asked
from hull.errors import UserError


def test_words_are_grouped_by_key():
    assert _asked.words(("a=1", "b=x=y", "a=2"), ("a", "b")) == {"a": ["1", "2"], "b": ["x=y"]}
    for word in ("a", "c=1", "=1"):
        with pytest.raises(UserError, match="cannot filter") as caught:
            _asked.words((word,), ("a", "b"))
        assert caught.value.hint.endswith("a, b")


def test_values_are_alternatives_labels_are_not():
    answers = (True, False)
    assert _asked.decide("name")(answers)
    assert not _asked.decide("label")(answers)
    assert not _asked.decide("label!")(answers)


@pytest.mark.parametrize(("value", "found"), [("k", True), ("k=v", True), ("k=", False), ("e=", True), ("x", False)])
def test_labels(value, found):
    assert _asked.labelled({"k": "v", "e": ""}, value) is found


def test_until():
    assert _asked.until("0") is None
    assert abs(_asked.until("1h") - (time.time() - 3600)) < 60
    with pytest.raises(UserError, match="no time"):
        _asked.until("")


def test_what_prunes():
    takes = _asked.prunable({"until": ["100"], "label": ["a", "b=1"], "label!": ["c", "d"]})
    good = {"a": "x", "b": "1"}
    assert takes(99, good)
    assert not takes(100, good)
    assert not takes(99, {"a": "x", "b": "2"})
    assert not takes(99, {**good, "d": ""})
    assert _asked.prunable({})(time.time() + 10, {})

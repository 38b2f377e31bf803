"""Locks by name: who waits, who does not, and which files stay."""

import os
from pathlib import Path

import pytest
from hull.state.lockfiles import held


@pytest.mark.parametrize(("first", "second", "free"), [(True, True, True), (True, False, False), (False, True, False)])
def test_who_does_not_wait_is_told(tmp_path: Path, *, first: bool, second: bool, free: bool) -> None:
    place = str(tmp_path)
    with held(place, "one", shared=first), held(place, "one", shared=second, wait=False) as mine:
        assert mine is free
    with held(place, "one", wait=False) as mine, held(place, "two", wait=False) as other:
        assert (mine, other) == (True, True)
    assert sorted(os.listdir(place)) == ["one.lock", "two.lock"]


def test_a_passing_name_goes_with_its_holder_alone(tmp_path: Path) -> None:
    place = str(tmp_path)
    with held(place, "one", passing=True):
        with held(place, "one", passing=True, wait=False) as mine:
            assert not mine
        assert os.listdir(place) == ["one.lock"]
    assert os.listdir(place) == []

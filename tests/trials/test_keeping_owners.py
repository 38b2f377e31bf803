"""Whose a new file is on the host, by who may make names in its directory."""

import os
import stat

import pytest
from hull.trials import keeping_owners
from hull.trials.keeping_owners import Owners

ME, MINE, THEIRS = 1000, 1000, 50


@pytest.fixture(autouse=True)
def caller(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: ME)
    monkeypatch.setattr(os, "getegid", lambda: MINE)
    monkeypatch.setattr(keeping_owners, "groups", lambda: {MINE})


def directory(uid, gid, mode):
    return os.stat_result((stat.S_IFDIR | mode, 1, 1, 2, uid, gid, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("above", "is_caller"),
    [
        (directory(ME, MINE, 0o755), True),
        (directory(0, 0, 0o755), False),
        (directory(0, 0, 0o1777), True),
        (directory(0, MINE, 0o775), True),
        (directory(0, THEIRS, 0o775), False),
        (directory(0, MINE, 0o757), False),
    ],
)
def test_root_inside_is_the_caller_where_the_caller_may_make_names(above, is_caller):
    assert Owners(0, 0).owner(0, 0, above) == ((ME, MINE) if is_caller else (0, 0))


def test_a_directory_that_hands_its_group_down_does():
    assert Owners(0, 0).owner(0, 0, directory(0, THEIRS, 0o3777)) == (ME, THEIRS)


def test_other_numbers_are_what_they_are():
    assert Owners(0, 0).owner(33, 33, directory(ME, MINE, 0o755)) == (33, 33)

"""Owners are told as the root of a try sees them, whoever looked at the files."""

import pytest
from hull.model import Identity, IdMap
from hull.trials import walking_ids
from hull.trials.walking_ids import Ids, Settler
from hull.trials.walking_trees import Told

from tests.trials.making import change, entry

RANGE = Identity("range", *2 * ((IdMap(0, 1000, 1), IdMap(1, 100_000, 65_536)),))
KEEP = Identity("keep-id", *2 * ((IdMap(0, 100_000, 1000), IdMap(1000, 1000, 1), IdMap(1001, 101_000, 64_536)),))
SINGLE = Identity("single", *2 * ((IdMap(0, 1000, 1),),))


@pytest.fixture(autouse=True)
def _caller(monkeypatch):
    monkeypatch.setattr(walking_ids.os, "geteuid", lambda: 1000)


@pytest.mark.parametrize(
    ("identity", "owner", "shown"),
    [
        (RANGE, 1000, 0), (RANGE, 0, 0), (RANGE, 33, 33), (RANGE, 100_004, 5), (RANGE, 4_000_000, 65_534),
        (KEEP, 1000, 1000), (KEEP, 0, 0), (KEEP, 33, 33), (KEEP, 4_000_000, 65_534),
        (SINGLE, 1000, 0), (SINGLE, 0, 0), (SINGLE, 33, 0),
    ],
)  # fmt: skip
def test_the_hosts_files_belong_to_whom_a_try_shows(identity, owner, shown):
    found = Ids(identity).of_host(entry(), owner, owner)
    assert (found.uid, found.gid) == (shown, shown)


@pytest.mark.parametrize(
    ("ids", "seen", "inside"),
    [
        (Ids(RANGE), 1000, 0), (Ids(RANGE), 100_004, 5), (Ids(RANGE), 7, 65_534),
        (Ids(RANGE, RANGE), 5, 5),
        (Ids(KEEP, RANGE), 0, 1000), (Ids(KEEP, RANGE), 34, 33), (Ids(KEEP, RANGE), 1002, 1002),
        (Ids(SINGLE), 1000, 0), (Ids(SINGLE, SINGLE), 0, 0),
    ],
)  # fmt: skip
def test_a_layers_files_belong_to_who_they_are_inside(ids, seen, inside):
    found = ids.of_layer(entry(uid=seen, gid=seen))
    assert (found.uid, found.gid) == (inside, inside)


def settled(old, new, what=(), *, based=True, host=True):
    settler = Settler(Ids(RANGE), host=host)
    try:
        return settler.settle(Told(change("/x", old, new, what=what), based))
    finally:
        settler.close()


def test_what_was_copied_and_is_the_same_is_no_change():
    assert settled(entry(uid=33, gid=0), entry(uid=100_032, gid=1000)) is None
    assert settled(entry(uid=0, gid=0), entry(uid=1000, gid=1000)) is None


def test_another_owner_is_told_among_the_others_in_their_order():
    found = settled(entry(uid=33), entry(uid=1000, gid=1000), ("content", "time"))
    assert found.what == ("content", "owner", "time")
    assert (found.old.uid, found.new.uid) == (33, 0)
    assert settled(entry(uid=1000), entry(uid=100_000), based=False).what == ()


class Confined(Settler):
    """Who looked was a child, which does not see owners of the host."""

    def __init__(self):
        super().__init__(Ids(RANGE, RANGE), host=True)


def test_of_the_hosts_files_this_process_tells_owner_and_what_was_shown_empty(tmp_path, monkeypatch):
    path = tmp_path / "closed"
    path.write_text("secret")
    path.chmod(0o200)
    monkeypatch.setattr(walking_ids.os, "access", lambda *_, **__: False)
    owner = path.stat().st_uid
    shown = Ids(RANGE).of_host(entry(), owner, owner).uid
    new = entry(uid=shown, gid=shown, mode=0o200)
    told = Told(change(str(path), entry(uid=65_534, gid=65_534, size=6), new, what=("content",)), True)
    settler = Confined()
    try:
        assert settler.settle(told) is None
        appended = settler.settle(Told(told.change._replace(new=new._replace(size=3)), True))
        assert (appended.blind, appended.old.size, appended.what) == (True, 0, ("content",))
    finally:
        settler.close()

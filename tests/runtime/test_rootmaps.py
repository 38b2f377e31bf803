"""Root's containers get ids that are nobody's."""

import os

import pytest
from hull.errors import HostError
from hull.model import IdMap
from hull.runtime import idmaps, rootmaps
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def root(monkeypatch):
    monkeypatch.setattr(rootmaps, "_extents", lambda path: [(0, idmaps.FULL)])
    return rootmaps.find


def files(tmp_path, uids, gids):
    for name, text in (("subuid", uids), ("subgid", gids)):
        (tmp_path / name).write_text(text)
    return str(tmp_path / "subuid"), str(tmp_path / "subgid")


def test_a_range_of_roots_is_used(root, tmp_path):
    found = root("auto", lambda event: None, *files(tmp_path, "root:500000:65536\n", "hull:600000:70000\n"))
    assert (found.flavour, found.helpers) == ("range", ())
    assert (found.uids, found.gids) == ((IdMap(0, 500000, 65536),), (IdMap(0, 600000, 65536),))


def test_single_is_one_id_of_the_range(root, tmp_path):
    found = root("single", lambda event: None, *files(tmp_path, "0:500000:65536\n", "0:500000:65536\n"))
    assert (found.flavour, found.uids) == ("single", (IdMap(0, 500000, 1),))


def test_a_range_is_set_aside_once_and_told(root, tmp_path, monkeypatch):
    told = []

    def allocate(uidfile, gidfile):
        for path in (uidfile, gidfile):
            with open(path, "a") as file:
                file.write("root:700000:65536\n")
        return 700000

    monkeypatch.setattr(rootmaps, "allocate", allocate)
    places = files(tmp_path, "ann:100000:65536\n", "")
    assert root("auto", told.append, *places) == root("auto", told.append, *places)
    assert [event.kind for event in told] == ["warning"]


def test_a_failed_usermod_is_told_with_the_fix(root, tmp_path, monkeypatch):
    monkeypatch.setattr(rootmaps.programs, "find", lambda name: "/bin/false")
    with pytest.raises(HostError) as caught:
        root("auto", lambda event: None, *files(tmp_path, "", ""))
    assert "root:" in caught.value.hint


@given(st.lists(st.tuples(st.integers(rootmaps.LOWEST - 10, rootmaps.LOWEST + 10**6), st.integers(1, 200000))))
def test_what_is_set_aside_overlaps_nothing(taken):
    start = rootmaps.free(taken)
    assert all(start + rootmaps.SIZE <= s or s + c <= start for s, c in taken)


def test_taken_counts_ranges_and_people(tmp_path):
    (path, _) = files(tmp_path, "ann:100000:65536\n", "")
    taken = rootmaps.taken(path)
    assert (100000, 65536) in taken
    assert (0, 1) in taken


def test_inside_a_user_namespace_its_own_ids_are_handed_on(monkeypatch):
    monkeypatch.setattr(rootmaps, "_extents", lambda path: [(0, 1), (1, 65535)])
    found = rootmaps.find("auto", lambda event: None)
    assert found.uids == (IdMap(0, 0, 1), IdMap(1, 1, 65535))
    assert found.flavour == "range"
    monkeypatch.setattr(rootmaps, "_extents", lambda path: [(0, 1)])
    assert rootmaps.find("auto", lambda event: None).flavour == "single"


def test_root_here_never_gets_the_hosts_root():
    if os.geteuid() or rootmaps._extents("/proc/self/uid_map") != [(0, idmaps.FULL)]:
        pytest.skip("not the host's root")
    if not rootmaps._ranges("/etc/subuid"):
        pytest.skip("root has no range yet, and a test does not set one aside")
    assert all(e.outside > 0 for e in idmaps.find("auto").uids)

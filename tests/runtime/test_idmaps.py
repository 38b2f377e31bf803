"""Maps cover every id once, whatever the files say; nothing is ever the host's root."""

import os

import pytest
from hull.errors import HostError, UserError
from hull.kernel import programs
from hull.model import Identity, IdMap
from hull.runtime import idmaps
from hypothesis import given
from hypothesis import strategies as st


def write(tmp_path, text):
    path = tmp_path / "subuid"
    path.write_text(text)
    return str(path)


def test_ranges_are_found_by_name_and_by_number_on_several_lines(tmp_path):
    path = write(tmp_path, "ann:100000:10\nbob:5:5\n\n1001:300000:20\n# ann:1:1\nann:x:9\nann:100005:10\nann:0:4\n")
    assert idmaps.subordinate(path, {"ann", "1001"}) == [(100000, 10), (300000, 20)]
    assert idmaps.subordinate(path, {"", "7"}) == []
    assert idmaps.subordinate(f"{path}.missing", {"ann"}) == []


def test_spread_puts_the_caller_at_zero():
    assert idmaps.spread(1001, [(100000, 5), (300000, 7)]) == (
        IdMap(0, 1001, 1),
        IdMap(1, 100000, 5),
        IdMap(6, 300000, 7),
    )


def test_around_keeps_the_callers_own_id():
    assert idmaps.around(1001, [(100000, 65536)]) == (
        IdMap(0, 100000, 1001),
        IdMap(1001, 1001, 1),
        IdMap(1002, 101001, 64535),
    )


@given(own=st.integers(1, 300), sizes=st.lists(st.integers(1, 200), min_size=1, max_size=5))
def test_around_maps_every_subordinate_id_once(own, sizes):
    ranges, start = [], 1000
    for size in sizes:
        ranges.append((start, size))
        start += size + 3
    extents = idmaps.around(own, ranges)
    inside = [i for e in extents for i in range(e.inside, e.inside + e.length)]
    outside = sorted(o for e in extents for o in range(e.outside, e.outside + e.length))
    assert len(set(inside)) == len(inside) == sum(sizes) + 1
    assert outside == sorted([own, *(i for s, n in ranges for i in range(s, s + n))])
    assert (own, own) in [(e.inside, e.outside) for e in extents]


@given(own=st.integers(1, 300), sizes=st.lists(st.integers(1, 200), min_size=1, max_size=5))
def test_keep_id_shows_a_layer_as_it_was_unpacked(own, sizes):
    ranges, start = [], 1000
    for size in sizes:
        ranges.append((start, size))
        start += size + 3
    unpacked = {e.outside + i: e.inside + i for e in idmaps.spread(own, ranges) for i in range(e.length)}
    seen = {e.outside + i: e.inside + i for e in idmaps.around(own, ranges) for i in range(e.length)}
    shown = {disk + i: show + i for disk, show, n in idmaps._shown(idmaps.around(own, ranges), own) for i in range(n)}
    assert {host: shown[seen[host]] for host in unpacked} == unpacked


def test_fuse_options_are_for_keep_id_alone(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1001)
    monkeypatch.setattr(os, "getegid", lambda: 1001)
    ranges = [(100000, 65536)]
    keep = Identity("keep-id", idmaps.around(1001, ranges), idmaps.around(1001, ranges))
    mapping = "1001:0:1:0:1:1001:1002:1002:64535"
    assert idmaps.fuse_options(keep) == f"uidmapping={mapping},gidmapping={mapping}"
    assert idmaps.fuse_options(keep._replace(flavour="range")) == ""


@pytest.mark.parametrize(
    "word", ["host", "nomap", "", "auto:uid=1", "keep-id:uid=x", "keep-id:user=1", "keep-id:uid=4294967295"]
)
def test_other_words_are_the_users_error(word):
    with pytest.raises(UserError):
        idmaps.find(word)


def test_keep_id_is_refused_to_root():
    if os.geteuid():
        pytest.skip("not root")
    with pytest.raises(UserError, match="root"):
        idmaps.find("keep-id")


@given(
    own=st.integers(301, 400), place=st.integers(0, 300), sizes=st.lists(st.integers(1, 200), min_size=1, max_size=5)
)
def test_keep_id_under_another_number_shows_a_layer_as_it_was_unpacked(own, place, sizes):
    ranges, start = [], 1000
    for size in sizes:
        ranges.append((start, size))
        start += size + 3
    extents = idmaps.around(own, ranges, place)
    assert (place, own, 1) in extents
    unpacked = {e.outside + i: e.inside + i for e in idmaps.spread(own, ranges) for i in range(e.length)}
    seen = {e.outside + i: e.inside + i for e in extents for i in range(e.length)}
    shown = {disk + i: show + i for disk, show, n in idmaps._shown(extents, own) for i in range(n)}
    assert {host: shown[seen[host]] for host in unpacked} == unpacked


def test_kept_ids(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1001)
    monkeypatch.setattr(os, "getegid", lambda: 1002)
    assert idmaps.kept("auto") is None
    assert idmaps.kept("keep-id") == (1001, 1002)
    assert idmaps.kept("keep-id:uid=5") == (5, 1002)
    assert idmaps.kept("keep-id:gid=6,uid=5") == (5, 6)


def test_single_maps_one_id(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1001)
    monkeypatch.setattr(os, "getegid", lambda: 1002)
    found = idmaps.find("single")
    assert (found.flavour, found.helpers) == ("single", ())
    assert (found.uids, found.gids) == ((IdMap(0, 1001, 1),), (IdMap(0, 1002, 1),))


@pytest.fixture
def ordinary(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1001)
    monkeypatch.setattr(os, "getegid", lambda: 1001)
    monkeypatch.setattr(idmaps, "subordinate", lambda path, keys: [(100000, 65536)])


def test_auto_takes_the_range_and_names_the_helpers(monkeypatch, ordinary):
    monkeypatch.setattr(programs, "find", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(programs, "raises", lambda path: True)
    found = idmaps.find("auto")
    assert found.flavour == "range"
    assert found.helpers == ("/usr/bin/newuidmap", "/usr/bin/newgidmap")
    assert sum(e.length for e in found.uids) == 65537


def test_auto_without_helpers_is_single(monkeypatch, ordinary):
    monkeypatch.setattr(programs, "find", lambda name: "")
    assert idmaps.find("auto").flavour == "single"
    with pytest.raises(HostError, match="newuidmap is not installed"):
        idmaps.find("keep-id")


def test_b71_a_helper_without_privilege_is_named(monkeypatch, ordinary, tmp_path):
    helper = tmp_path / "newuidmap"
    helper.write_text("")
    helper.chmod(0o755)
    monkeypatch.setattr(programs, "find", lambda name: str(helper))
    with pytest.raises(HostError) as caught:
        idmaps.find("auto")
    assert str(helper) in caught.value.message
    assert str(helper) in caught.value.hint


def test_b71_the_environment_is_not_asked_who_the_caller_is(monkeypatch):
    asked = []
    monkeypatch.setattr(os, "geteuid", lambda: 1)
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setattr(idmaps, "subordinate", lambda path, keys: asked.append(keys) or [])
    assert idmaps.find("auto").flavour == "single"
    assert asked == [{"daemon", "1"}, {"daemon", "1"}]

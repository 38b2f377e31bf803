"""The list, the table and the count read as they are meant to, plain and painted."""

import pytest
from hull.model import Identity, IdMap
from hull.trials import reporting, reporting_groups
from hull.trials.packages import Row
from hull.trials.reporting import Lines

from tests.trials.making import change, entry

DIRECTORY = entry("directory")


def shown(changes, rows=(), *, whole=False):
    ordered = sorted(changes, key=lambda one: one.path.split("/"))
    return Lines(reporting.listing([("", ordered)], list(rows), whole=whole))


def many(place, count, size=1000):
    return [change(f"{place}/f{number:03}", None, entry(size=size)) for number in range(count)]


def test_each_kind_of_change_has_its_line():
    assert shown([
        change("/etc", DIRECTORY, entry("directory", mtime=1), what=("time",)),
        change("/etc/a", entry(size=10), entry(size=2000), what=("content", "time")),
        change("/etc/hosts", entry(mode=0o644), entry(mode=0o600, uid=5), what=("mode", "owner")),
        change("/etc/l", None, entry("link", target="../x\n")),
        change("/etc/gone", entry(size=3), None),
        change("/etc/moved", entry(size=5), None),
        change("/etc/to", None, entry(size=5), renamed="/etc/moved"),
        change("/s\x1b[31m", None, entry("socket")),
        change("/sub", entry("directory"), None),
        change("/t", entry(), entry(mtime=3), what=("time",)),
    ]) == [
        "M /etc/a        content, 10B → 2kB",
        "D /etc/gone     3B",
        "M /etc/hosts    mode 644 → 600; owner 0:0 → 5:0",
        'A /etc/l        → "../x\\n"',
        "R /etc/to       was /etc/moved",
        'A "/s\\033[31m"  socket',
        "D /sub/",
        "M /t            time",
    ]  # fmt: skip


def test_what_is_alike_is_one_line():
    tree = [change("/opt/x", None, DIRECTORY), change("/opt/x/d", None, DIRECTORY), *many("/opt/x/d", 30)]
    few = [change("/opt/y", None, DIRECTORY), change("/opt/y/a", None, entry(size=1))]
    crowd = many("/usr/bin", 21)
    assert shown([*tree, *few, *crowd, change("/usr/bin/z", entry(), None)]) == [
        "A /opt/x/     30 files, 30kB",
        "A /opt/y/",
        "A /opt/y/a    1B",
        "A /usr/bin/…  21 files, 21kB",
        "D /usr/bin/z  0B",
    ]


def test_all_folds_nothing_and_leaves_nothing_out():
    noise = change("/usr", DIRECTORY, entry("directory", mtime=1), what=("time",))
    assert len(shown([noise, *many("/usr/bin", 30)], whole=True)) == 31


def test_packages_come_first_and_have_their_files():
    changes = [change("/usr/sl", None, DIRECTORY), change("/usr/sl/x", None, entry(size=1)),
               change("/usr/sl/own", None, DIRECTORY), change("/etc/x", None, entry(size=2))]  # fmt: skip
    rows = [Row("apt", "installed", "sl", "", "5.02", ("/usr/sl/x",)), Row("apt", "changed", "up\x07", "1", "2")]
    assert shown(changes, rows) == [
        "Packages, accounts, units",
        "  apt   installed sl      5.02   1 path",
        '  apt   changed   "up\\a"  1 → 2',
        "A /etc/x        2B",
        "A /usr/sl/own/",
    ]  # fmt: skip


def test_names_of_one_file_are_told():
    linked = [change(f"/{n}", None, entry(links=2), same=(f"/{'ba'['ab'.index(n)]}",)) for n in "ab"]
    parted = change("/c", entry(links=3, size=1), entry(size=2), what=("content",))
    assert shown([*linked, parted])[3:] == [
        "/a is one file with /b",
        "/c had 3 names: the others keep the old file",
    ]


def test_statistics_count_by_directory():
    changes = [change("/etc/a", entry(size=100), entry(size=300), what=("content",)),
               change("/etc/b", entry(size=50), None),
               change("/opt/x", None, DIRECTORY), *many("/opt/x", 3)]  # fmt: skip
    assert Lines(reporting.statistics(changes)) == [
        " /etc   |           1~    1- +150B",
        " /opt/x |     4+             +3kB",
        " 4 added, 1 changed, 1 removed, +3.15kB",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([], "nothing was changed"),
        ([change("/d", DIRECTORY, DIRECTORY, what=("time",))], "nothing was changed"),
        ([change("/a", entry(), None), change("/b", None, entry(), renamed="/a")], "1 moved"),
        ([change("/a", entry(), None), change("/b", None, entry()), change("/c", None, entry())], "2 added, 1 removed"),
    ],
)
def test_the_count_in_words(changes, words):
    assert reporting.counted(changes) == words


def test_painted_lines_are_the_plain_ones_with_colours():
    lines = shown([change("/a", None, entry(size=1)), change("/b", entry(), None)])
    assert lines.painted == ["\x1b[32mA \x1b[m/a\x1b[2m  1B\x1b[m", "\x1b[31mD \x1b[m/b\x1b[2m  0B\x1b[m"]


def test_what_needs_root_stands_apart(tmp_path, monkeypatch):
    mine = Identity("range", (IdMap(0, 1234, 1), IdMap(1, 100_000, 65_536)), (IdMap(0, 1234, 1),))
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setattr(reporting_groups.os, "geteuid", lambda: 1234)
    monkeypatch.setattr(reporting_groups.os, "access", lambda path, *_, **__: not str(path).startswith(str(closed)))
    (tmp_path / "theirs").touch()
    ours = [change(f"{tmp_path}/new", None, entry()), change(f"{tmp_path}/no/such/place", None, entry()),
            change(f"{tmp_path}/gone", entry(), None)]  # fmt: skip
    others = [change(f"{closed}/new", None, entry()), change(f"{closed}/a/b", None, entry()),
              change(f"{tmp_path}/owned", None, entry(uid=33)),
              change(f"{tmp_path}/theirs", entry(), entry(mode=0o600), what=("mode",))]  # fmt: skip
    assert reporting_groups.grouped([*ours, *others], mine) == [("Yours", ours), ("Needs root on this machine", others)]
    assert reporting_groups.grouped(ours, mine)[0] == ("", ours)


def test_a_deep_tree_of_the_tries_own_is_asked_once_for_its_top(tmp_path):
    deep = f"{tmp_path}{'/directory' * 2000}"
    identity = Identity("range", (IdMap(0, reporting_groups.os.geteuid(), 1),), (IdMap(0, 0, 1),))
    assert reporting_groups.Rights(identity).are_enough(change(f"{deep}/x", None, entry()))

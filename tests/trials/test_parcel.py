"""The script of a parcel, run by root on a tree of its own: it checks, applies, is idempotent, takes back."""

import os
import pathlib
import stat
import subprocess

import pytest
from hull.trials import parcel, parcel_script
from hull.trials.changes import Change, Entry
from hull.trials.keeping_choosing import Chosen

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the script is root's")


def entry(kind="file", mode=0o644, **more) -> Entry:
    return Entry(kind, mode, more.pop("uid", 0), more.pop("gid", 0), 0, 1_500_000_000_000_000_007, **more)


@pytest.fixture
def made(tmp_path):
    """Give the root, a place for the parcel and what writes it."""
    root, place = tmp_path / "root", tmp_path / "parcel"
    for directory in (root / "etc", root / "usr/bin", root / "gone/deep", place / "files"):
        directory.mkdir(parents=True)
    (root / "etc/conf").write_text("old\n")
    (root / "etc/shadow").write_text("root:secret:1::::::\nold:x:1::::::\n")
    (root / "etc/shadow").chmod(0o640)
    (root / "gone/deep/file").write_text("went\n")
    os.setxattr(root / "etc/conf", "user.note", b"kept")
    return root, place


def chosen(root, change: Change) -> Chosen:
    path = f"{root}{change.path}"
    here = os.lstat(path) if os.path.lexists(path) else None
    return Chosen(change, change.new.uid if change.new else 0, change.new.gid if change.new else 0, here, "not yours")


def script(root, place) -> str:
    changes = [
        (Change("changed", "/etc/conf", ("content",), entry(), entry(mode=0o600)), b"new\n", False),
        (Change("added", "/etc/it's; rm -rf \"$HOME\"", (), None, entry(uid=33, gid=33)), b"odd\n", False),
        (Change("changed", "/etc/shadow", ("content",), entry(), entry(mode=0o640), blind=True),
         b"old:y:2::::::\nnew:!:3::::::\n", True),
        (Change("removed", "/gone", (), entry("directory", 0o755), None), None, False),
        (Change("added", "/opt", (), None, entry("directory", 0o755)), None, False),
        (Change("added", "/opt/link", (), None, entry("link", 0o777, target="../etc/conf")), None, False),
        (Change("added", "/opt/set", (), None, entry(mode=0o4755)), b"power\n", False),
        (Change("changed", "/usr/bin", ("mode",), entry("directory", 0o755), entry("directory", 0o700)), None, False),
    ]  # fmt: skip
    items = []
    for number, (change, content, lines) in enumerate(changes, 1):
        one = chosen(root, change)
        base = (
            "" if change.path.startswith("/opt/") else parcel.base(one._replace(change=change), f"{root}{change.path}")
        )
        items.append(parcel.Item(number, one, base, "", lines))
        if content is not None:
            (place / f"files/{number}").write_bytes(content)
    text = parcel_script.write("brave_argo", "0123456789abcdef", items)
    (place / "apply.sh").write_text(text)
    return text


def run(place, *words):
    return subprocess.run(
        ["sh", f"{place}/apply.sh", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def tree(root) -> dict:
    found = {}
    for directory, below, names in os.walk(root):
        for name in (*below, *names, "."):
            path = os.path.normpath(f"{directory}/{name}")
            one = os.lstat(path)
            text = pathlib.Path(path).read_bytes() if stat.S_ISREG(one.st_mode) else b""
            content = os.readlink(path) if stat.S_ISLNK(one.st_mode) else text
            times = one.st_mtime_ns if stat.S_ISREG(one.st_mode) else 0
            found[path] = (one.st_mode, one.st_uid, one.st_gid, content, times)
    return {path: one for path, one in found.items() if "/var" not in path[len(str(root)) :]}


def test_it_applies_and_takes_back(made) -> None:
    root, place = made
    before = tree(root)
    text = script(root, place)
    assert "runs with its owner's rights" in text
    assert run(place, str(root)).returncode == 0
    assert (root / "etc/conf").read_text() == "new\n"
    assert (root / "etc/shadow").read_text() == "root:secret:1::::::\nold:y:2::::::\nnew:!:3::::::\n"
    assert (root / 'etc/it\'s; rm -rf "$HOME"').stat().st_uid == 33
    assert not (root / "gone").exists()
    assert stat.S_IMODE((root / "opt/set").stat().st_mode) == 0o4755
    assert stat.S_IMODE((root / "usr/bin").stat().st_mode) == 0o700
    again = run(place, str(root))
    assert (again.returncode, again.stdout) == (0, "apply.sh: it is applied already\n")
    undone = run(place, "--undo", str(root))
    assert undone.returncode == 0, undone.stderr
    assert tree(root) == before
    assert os.getxattr(root / "etc/conf", "user.note") == b"kept"


@pytest.mark.parametrize("where", ["etc/conf", "opt", "gone"])
def test_it_refuses_where_the_machine_changed(made, where) -> None:
    root, place = made
    script(root, place)
    if where == "gone":
        subprocess.run(["rm", "-r", f"{root}/gone"], check=True)
    else:
        (root / where).write_text("somebody was here\n")
    before = tree(root)
    done = run(place, str(root))
    assert done.returncode == 1
    assert "nothing was done" in done.stderr
    assert tree(root) == before


def test_a_link_on_the_way_is_refused(made) -> None:
    root, place = made
    script(root, place)
    (root / "elsewhere").mkdir()
    os.rename(root / "usr", root / "real")
    os.symlink("real", root / "usr")
    done = run(place, str(root))
    assert done.returncode == 1
    assert "link on the way" in done.stderr


def test_a_failure_in_the_middle_puts_everything_back(made) -> None:
    root, place = made
    script(root, place)
    (place / "files/7").unlink()
    before = tree(root)
    assert run(place, str(root)).returncode != 0
    assert tree(root) == before

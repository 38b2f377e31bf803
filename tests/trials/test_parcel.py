"""The script of a parcel, run by root on a tree of its own: it checks, applies, is idempotent, takes back."""

import os
import pathlib
import shutil
import signal
import stat
import subprocess

import pytest
from hull.trials import parcel, parcel_script
from hull.trials.changes import Change, Entry
from hull.trials.keeping import Examined
from hull.trials.keeping_choosing import Chosen

from tests.trials import keep_rig

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the script is root's")


def entry(kind="file", mode=0o644, **more) -> Entry:
    return Entry(kind, mode, more.pop("uid", 0), more.pop("gid", 0), 0, 1_500_000_000_000_000_007, **more)


@pytest.fixture
def made(tmp_path):
    """Give the root, a place for the parcel and what writes it."""
    root, place = tmp_path / "root", tmp_path / "parcel"
    for directory in (root / "etc", root / "usr/bin", root / "gone/deep", root / "var/lib", place / "files"):
        directory.mkdir(parents=True)
    (root / "etc/conf").write_text("old\n")
    (root / "etc/way").symlink_to("conf")
    (root / "etc/shadow").write_text("root:secret:1::::::\nold:x:1::::::\n")
    (root / "etc/shadow").chmod(0o640)
    (root / "gone/deep/file").write_text("went\n")
    os.setxattr(root / "etc/conf", "user.note", b"kept")
    os.setxattr(root / "usr/bin", "user.went", b"back")
    for directory, _, _ in os.walk(root):
        os.utime(directory, ns=(keep_rig.OLD, keep_rig.OLD))
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
        (Change("added", "/opt/zero", (), None, entry("char", 0o600, device=os.makedev(259, 70_000))), None, False),
        (Change("changed", "/usr/bin", ("mode", "xattr"), entry("directory", 0o755, xattrs=(("user.went", b"back"),)),
                entry("directory", 0o700, xattrs=(("user.came", b"in"),))), None, False),
        (Change("changed", "/etc/way", ("content",), entry("link", 0o777, target="conf"),
                entry("link", 0o777, target="__BACK__")), None, False),
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
            found[path] = (one.st_mode, one.st_uid, one.st_gid, content, one.st_mtime_ns)
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
    assert os.listxattr(root / "usr/bin") == ["user.came"]
    assert os.readlink(root / "etc/way") == "__BACK__"
    assert os.lstat(root / "opt/zero").st_rdev == os.makedev(259, 70_000)
    assert (root / "opt").stat().st_mtime_ns == entry().mtime
    again = run(place, str(root))
    assert (again.returncode, again.stdout) == (0, "apply.sh: it is applied already\n")
    undone = run(place, "--undo", str(root))
    assert undone.returncode == 0, undone.stderr
    assert tree(root) == before
    assert os.getxattr(root / "etc/conf", "user.note") == b"kept"
    assert os.listxattr(root / "usr/bin") == ["user.went"]
    assert os.listdir(root / "var/lib") == []
    assert (root / "var/lib").stat().st_mtime_ns == keep_rig.OLD


@pytest.mark.parametrize("where", ["etc/conf", "opt", "gone", "etc/way"])
def test_it_refuses_where_the_machine_changed(made, where) -> None:
    root, place = made
    script(root, place)
    if where == "gone":
        subprocess.run(["rm", "-r", f"{root}/gone"], check=True)
    elif where == "etc/way":
        (root / where).unlink()
        (root / where).symlink_to("elsewhere")
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_cut_off_in_the_middle_it_goes_back(made, number) -> None:
    """By itself where the signal can be met, else with --undo: never half of it."""
    root, place = made
    script(root, place)
    content = place / "files/7"
    content.unlink()
    os.mkfifo(content)
    before = tree(root)
    words = ["sh", f"{place}/apply.sh", f"{root}"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL, start_new_session=True) as running:
        writer = os.open(content, os.O_WRONLY)  # it comes back once the content is read
        assert tree(root) != before
        os.killpg(running.pid, number)
        os.close(writer)
        code = running.wait(timeout=60)
    if number == signal.SIGKILL:
        assert "it was cut off" in run(place, str(root)).stderr
        assert run(place, "--undo", str(root)).returncode == 0
    else:
        assert code == 130
    assert tree(root) == before
    assert os.listdir(root / "var/lib") == []


@pytest.mark.parametrize("missing", ["setfattr", "awk"])
def test_a_missing_tool_is_said_before_anything_is_touched(made, tmp_path, missing) -> None:
    root, place = made
    text = script(root, place)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("awk", "setfattr", "getfattr", "cp", "cut", "dirname", "id", "mkdir", "mv", "rm", "sha256sum", "stat"):
        if name != missing:
            (tools / name).symlink_to(shutil.which(name) or name)
    (tools / "readlink").symlink_to(shutil.which("readlink") or "readlink")
    (place / "apply.sh").write_text(text.replace("PATH=/usr/sbin:/usr/bin:/sbin:/bin", f"PATH={tools}"))
    before = tree(root)
    done = subprocess.run(
        [shutil.which("sh") or "sh", f"{place}/apply.sh", f"{root}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{missing} is missing" in done.stderr
    assert tree(root) == before


def test_nobody_can_lead_it_elsewhere(made) -> None:
    """A directory may belong to the user: what lies at the names that the script uses is not followed."""
    root, place = made
    script(root, place)
    victim = root / "victim"
    victim.write_text("safe")
    for number in range(1, 12):
        for name in (f".hull-parcel-{number}", f".hull-parcel-0123456789abcdef-{number}"):
            (root / "etc" / name).symlink_to(victim)
    assert run(place, str(root)).returncode == 0
    assert victim.read_text() == "safe"


def test_the_file_is_for_its_writer_alone(tmp_path, monkeypatch) -> None:
    class Empty:
        def close(self) -> None:
            pass

    class Row:
        name = "brave_argo"

    monkeypatch.setattr(parcel, "_source", lambda *_: Empty())
    path = f"{tmp_path}/it.tar.gz"
    pathlib.Path(f"{path}.part").write_text("somebody else's")
    (tmp_path / "gone").mkdir()
    one = chosen("", Change("removed", f"{tmp_path}/gone", (), entry("directory", 0o755), None))
    parcel.write(None, Row(), Examined([], [], [one], [], []), path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert pathlib.Path(f"{path}.part").read_text() == "somebody else's"
    assert sorted(os.listdir(tmp_path)) == ["gone", "it.tar.gz", "it.tar.gz.part"]

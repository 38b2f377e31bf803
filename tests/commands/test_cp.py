"""cp by Docker's documented rules, both ways, into and out of running and stopped containers."""

import io
import os
import tarfile
from collections.abc import Iterator

import pytest

from tests.commandline import CommandLine

SCRIPT = "mkdir -p /there/e /src/sub; echo a >/src/a; echo b >/src/sub/b; echo old >/file; ln -s /src /link; :>/done"


@pytest.fixture(params=["running", "stopped"])
def box(cli: CommandLine, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a container with some files, by name; every test has it running and stopped."""
    name = f"cp-{request.param}"
    words = ("--name", name, "--network", "none", "busybox", "sh", "-c", f"{SCRIPT}; exec sleep 1000")
    cli("run", "-d", *words, check=True)
    script = "while [ ! -e /done ]; do usleep 1000; done"
    cli("exec", name, "sh", "-c", script, check=True)
    if request.param == "stopped":
        cli("stop", "-t", "0", name, check=True)
    yield name
    cli("rm", "-f", name, check=True)


@pytest.fixture
def here(tmp_path) -> str:
    """Give a directory with `file`, `tree/a`, `tree/sub/b` and `there/`."""
    for place in ("tree/sub", "there"):
        (tmp_path / place).mkdir(parents=True)
    for place, text in (("file", "new\n"), ("tree/a", "1\n"), ("tree/sub/b", "2\n"), ("present", "old\n")):
        (tmp_path / place).write_text(text)
    os.chmod(tmp_path / "file", 0o640)
    return str(tmp_path)


def inside(cli: CommandLine, box: str) -> dict[str, tarfile.TarInfo]:
    """Return what the container holds, by path."""
    with tarfile.open(fileobj=io.BytesIO(cli("export", box, check=True).stdout)) as tar:
        return {info.name: info for info in tar}


def text(cli: CommandLine, box: str, path: str) -> str:
    done = cli("cp", f"{box}:{path}", "-", check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        return tar.extractfile(tar.next()).read().decode()


@pytest.mark.parametrize(
    "case",
    [
        ("file", "/new", "/new"),  # a file, nothing there: made
        ("file", "/file", "/file"),  # a file there: replaced
        ("file", "/there", "/there/file"),  # a directory there: into it
        ("file", "/link", "/src/file"),  # through a link of the container's
        ("tree", "/new", "/new/a"),  # a directory, nothing there: made with what it holds
        ("tree", "/new/", "/new/a"),
        ("tree", "/there", "/there/tree/a"),  # a directory there: into it
        ("tree/.", "/there", "/there/a"),  # what it holds, into it
        ("tree/.", "/new", "/new/a"),
        ("tree/sub", "there", "/there/sub/b"),  # paths in a container begin at its root
    ],
)
def test_in(cli, box, here, case):
    source, target, lands = case
    cli("cp", f"{here}/{source}", f"{box}:{target}", check=True)
    with open(f"{here}/{source}/{os.path.basename(lands)}" if source != "file" else f"{here}/file") as file:
        assert text(cli, box, lands) == file.read()
    found = inside(cli, box)[lands[1:]]
    assert (found.uid, found.gid) == (0, 0)
    if source == "file":
        assert found.mode == 0o640


OUT = (
    ("/file", "new", "new"),
    ("/file", "present", "present"),
    ("/file", "there", "there/file"),
    ("/src", "made", "made/sub/b"),
    ("/src", "there", "there/src/sub/b"),
    ("/src/.", "there", "there/sub/b"),
    ("/src/.", "filled", "filled/sub/b"),
    ("/link/", "there", "there/link/sub/b"),
)


def test_out(cli, box, here):
    for source, target, lands in OUT:
        cli("cp", f"{box}:{source}", f"{here}/{target}", check=True)
        with open(f"{here}/{lands}") as file:
            assert file.read() == ("old\n" if source == "/file" else "b\n")
        assert os.stat(f"{here}/{lands}").st_uid == os.geteuid()


REFUSED = (
    ("file", "BOX:/none/x", "No such file or directory"),
    ("file", "BOX:/none/", "no such directory"),
    ("tree", "BOX:/file", "a directory cannot replace a file"),
    ("file", "BOX:/file/", "it is not a directory"),
    ("file/", "BOX:/new", "it is not a directory"),
    ("none", "BOX:/new", "no such file or directory"),
    ("BOX:/none", "new", "no such file or directory"),
    ("BOX:/file/.", "new", "Not a directory"),
    ("BOX:/src", "present", "a directory cannot replace a file"),
    ("BOX:/file", "none/x", "No such file or directory"),
    ("BOX:/file", "none/", "no such directory"),
    ("BOX:/file", "BOX:/new", "both sides are containers"),
    ("file", "./x:y", "neither side is a container"),
)


def test_refused(cli, box, here):
    before = inside(cli, box).keys(), sorted(os.listdir(here))
    for source, target, reason in REFUSED:
        words = [w.replace("BOX:", f"{box}:") if "BOX" in w else f"{here}/{w}" for w in (source, target)]
        done = cli("cp", *words)
        assert (done.returncode, reason in done.stderr.decode()) == (125, True), (source, target, done.stderr)
    assert (inside(cli, box).keys(), sorted(os.listdir(here))) == before


def test_a_directory_stays_where_a_file_would_come_and_the_reverse(cli, box, here):
    os.mkdir(f"{here}/tree/e")
    cli("cp", f"{here}/tree/.", f"{box}:/there", check=True)  # /there/e is a directory, too: merged
    os.rmdir(f"{here}/tree/e")
    with open(f"{here}/tree/e", "w") as file:
        file.write("x")
    done = cli("cp", f"{here}/tree/.", f"{box}:/there")
    assert done.returncode == 125
    assert b"cannot overwrite the directory 'e'" in done.stderr
    assert inside(cli, box)["there/e"].isdir()
    os.unlink(f"{here}/tree/e")
    os.mkdir(f"{here}/tree/sub/b2")
    cli("cp", f"{here}/file", f"{box}:/there/sub/b2", check=True)
    done = cli("cp", f"{here}/tree/.", f"{box}:/there")
    assert done.returncode == 125
    assert b"cannot overwrite 'sub/b2': it is no directory" in done.stderr


def test_links_are_copied_unless_followed(cli, box, here):
    cli("cp", f"{box}:/link", f"{here}/plain", check=True)
    assert os.readlink(f"{here}/plain") == "/src"
    cli("cp", "-L", f"{box}:/link", f"{here}/followed", check=True)
    assert sorted(os.listdir(f"{here}/followed")) == ["a", "sub"]
    os.symlink("file", f"{here}/l")
    cli("cp", f"{here}/l", f"{box}:/l1", check=True)
    cli("cp", "-L", f"{here}/l", f"{box}:/l2", check=True)
    found = inside(cli, box)
    assert (found["l1"].linkname, found["l2"].isreg()) == ("file", True)


def test_a_tar_goes_in_and_out(cli, box):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name in ("x/y", ".wh.plain"):
            info = tarfile.TarInfo(name)
            info.size, info.mode = 3, 0o4755
            tar.addfile(info, io.BytesIO(b"abc"))
    cli("cp", "-", f"{box}:/there", input=stream.getvalue(), check=True)
    done = cli("cp", f"{box}:/there", "-", check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        names = tar.getnames()
        assert tar.extractfile("there/x/y").read() == b"abc"
        assert tar.getmember("there/x/y").mode == 0o4755
    assert names == ["there", "there/.wh.plain", "there/e", "there/x", "there/x/y"]
    done = cli("cp", "-", f"{box}:/file", input=stream.getvalue())
    assert (done.returncode, b"it is not a directory" in done.stderr) == (125, True)


@pytest.mark.needs("range")
def test_owners(cli, box, here):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        info = tarfile.TarInfo("owned")
        info.uid, info.gid, info.mode = 5, 6, 0o4711
        tar.addfile(info)
    cli("cp", "-a", "-", f"{box}:/there", input=stream.getvalue(), check=True)
    cli("cp", "-", f"{box}:/src", input=stream.getvalue(), check=True)
    found = inside(cli, box)
    assert (found["there/owned"].uid, found["there/owned"].gid, found["src/owned"].uid) == (5, 6, 0)
    cli("cp", f"{box}:/there/owned", f"{here}/out", check=True)
    status = os.stat(f"{here}/out")
    assert (status.st_uid, status.st_mode & 0o7777) == (os.geteuid(), 0o711)  # no set-id bit of ours is given away
    done = cli("cp", "-a", f"{box}:/there/owned", f"{here}/kept", check=True)
    if os.geteuid():
        assert b"owners were not kept" in done.stderr
    else:
        assert (os.stat(f"{here}/kept").st_uid, os.stat(f"{here}/kept").st_gid) == (5, 6)


def test_deep_and_closed_directories(cli, box, here):
    cli("cp", f"{here}/tree", f"{box}:/closed", check=True)
    os.makedirs(f"{here}/shut/in")
    os.chmod(f"{here}/shut", 0o555)
    cli("cp", f"{here}/shut", f"{box}:/shut", check=True)
    cli("cp", f"{box}:/shut", f"{here}/again", check=True)
    assert os.stat(f"{here}/again").st_mode & 0o777 == 0o555
    assert os.path.isdir(f"{here}/again/in")
    path = "/".join(["d"] * 400)
    os.makedirs(f"{here}/deep/{path}")
    os.utime(f"{here}/deep/{path}", (5, 5))
    cli("cp", f"{here}/deep", f"{box}:/deep", check=True)
    cli("cp", f"{box}:/deep", f"{here}/back", check=True)
    assert os.stat(f"{here}/back/{path}").st_mtime == 5
    os.chmod(f"{here}/shut", 0o755)
    os.chmod(f"{here}/again", 0o755)


def test_mounts_are_seen(cli, here):
    flags = ("--network", "none", "--name", "cp-mounts", "-v", "cpvol:/v", "--tmpfs", "/t", "-v", f"{here}:/b:ro")
    cli("run", "-d", *flags, "busybox", "sleep", "1000", check=True)
    try:
        for place in ("/v", "/t"):
            cli("cp", f"{here}/file", f"cp-mounts:{place}", check=True)
            assert cli("exec", "cp-mounts", "cat", f"{place}/file", check=True).stdout == b"new\n"
        done = cli("cp", f"{here}/file", "cp-mounts:/b/x")
        assert (done.returncode, b"Read-only file system" in done.stderr) == (125, True)
        cli("cp", f"{here}/file", "cp-mounts:/etc/hosts", check=True)  # a mount point: written in place
        assert cli("exec", "cp-mounts", "cat", "/etc/hosts", check=True).stdout == b"new\n"
        cli("stop", "-t", "0", "cp-mounts", check=True)
        assert text(cli, "cp-mounts", "/v/file") == "new\n"
        cli("cp", f"{here}/tree", "cp-mounts:/v", check=True)
        assert cli("run", "--rm", "--network", "none", "-v", "cpvol:/x", "busybox", "cat", "/x/tree/a").stdout == b"1\n"
    finally:
        cli("rm", "-f", "cp-mounts", check=True)


def test_a_path_whose_directory_is_missing(cli, name, tmp_path):
    called = name()
    cli("create", "--name", called, "--network", "none", "busybox", check=True)
    for words, fix in (
        ((f"{called}:/etc/passwd", f"{tmp_path}/no/such/x"), f"mkdir -p {tmp_path}/no/such"),
        ((f"{tmp_path}/no/such/x", f"{called}:/"), "check the path"),
        ((f"{tmp_path}/x", f"{called}:/no/such/x"), "check the path"),
    ):
        (tmp_path / "x").write_text("x")
        done = cli("cp", *words)
        assert done.returncode == 125
        assert f"hint: {fix}" in done.stderr.decode()
        assert b"fault" not in done.stderr

"""A container's files as tars over the API: what is at a path, out and in, and what a hostile tar finds."""

import base64
import io
import json
import stat
import tarfile
from collections.abc import Iterator

import pytest

from tests.api.serving import Reply, Server
from tests.commandline import CommandLine

TREE = "mkdir -p /t/sub; echo one >/t/a; ln -s /t/a /t/l; ln -s sub /t/ls; ln -s /t/none /t/lost"
SCRIPT = f"{TREE}; chmod 1777 /t; exec sleep 1000"


@pytest.fixture(scope="module")
def held(server: Server, cli: CommandLine) -> Iterator[str]:
    """Give a container that runs, with a tree in it."""
    cli("run", "-d", "--name", "archived", "busybox", "sh", "-c", SCRIPT, check=True)
    cli("exec", "archived", "sh", "-c", "until [ -k /t ]; do sleep 0.02; done", check=True)
    yield "archived"
    cli("rm", "-f", "archived")


def archive(server: Server, name: str, path: str, method: str = "GET", body: bytes | None = None) -> Reply:
    return server.request(
        method, f"/containers/{name}/archive?path={path}", body, {"Content-Type": "application/x-tar"}
    )


def said(reply: Reply) -> dict[str, object]:
    found: dict[str, object] = json.loads(base64.b64decode(reply.headers["X-Docker-Container-Path-Stat"]))
    return found


def names(reply: Reply) -> list[str]:
    return tarfile.open(fileobj=io.BytesIO(reply.body)).getnames()


def raw_names(body: bytes) -> list[str]:
    """Return the names as they stand in the headers."""
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        members = tar.getmembers()
    return [body[(at := member.offset_data - 512) : at + 100].rstrip(b"\0").decode() for member in members]


def packed(*members: tuple[str, bytes | str | None]) -> bytes:
    """Return a tar of files, of links to where a text says, and of directories where nothing is said."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.mode, info.uid, info.gid = 0o750, 12, 34
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            elif content is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


def test_what_is_at_a_path(server, held) -> None:
    top = said(archive(server, held, "/t", "HEAD"))
    assert (top["name"], top["mode"]) == ("t", 1 << 31 | 1 << 20 | 0o777)
    link = said(archive(server, held, "/t/l", "HEAD"))
    assert (link["name"], link["mode"], link["linkTarget"]) == ("l", 134218239, "/t/a")
    assert said(archive(server, held, "/t/lost"))["linkTarget"] == "/t/none"
    assert said(archive(server, held, "/t/a"))["size"] == len("one\n")
    for path in ("/none", "/t/a/", "/t/a/b"):
        assert archive(server, held, path, "HEAD").status in (400, 404)
    missing = archive(server, held, "/none")
    assert (missing.status, missing.message) == (404, f"Could not find the file /none in container {held}")
    assert archive(server, "nobody", "/").status == 404
    assert archive(server, held, "").status == 400


def test_directories_go_out_under_their_name_or_as_their_content(server, held) -> None:
    assert names(archive(server, held, "/t/sub/..")) != []
    assert sorted(names(archive(server, held, "/t")))[:3] == ["t", "t/a", "t/l"]
    assert "./a" in names(archive(server, held, "/t/."))
    assert names(archive(server, held, "t/l")) == ["l"]
    assert names(archive(server, held, "/t/ls/")) == ["ls"]


@pytest.mark.parametrize("running", [True, False])
def test_files_go_in(server, held, cli, running) -> None:
    name = held
    if not running:
        cli("create", "--name", "archived-still", "-v", "/vol", "busybox", "cat", "/vol/new", check=True)
        name = "archived-still"
    place = "/tmp" if running else "/vol"
    assert archive(server, name, f"{place}&noOverwriteDirNonDir=true", "PUT", packed(("new", b"text"))).status == 200
    found = archive(server, name, f"{place}/new")
    with tarfile.open(fileobj=io.BytesIO(found.body)) as tar:
        file = tar.extractfile("new")
        assert file is not None
        assert file.read() == b"text"
    if not running:
        assert {"/vol/new", "/bin/busybox"} <= set(raw_names(archive(server, name, "/").body))
        assert cli("start", "-a", name).stdout == b"text"
        cli("rm", "-v", name, check=True)


def test_where_nothing_can_go(server, held) -> None:
    tar = packed(("x", b"y"))
    assert archive(server, held, "/none", "PUT", tar).status == 404
    refused = archive(server, held, "/t/a", "PUT", tar)
    assert (refused.status, refused.message) == (400, "extraction point is not a directory")
    assert archive(server, held, "/t", "PUT", b"no tar at all" * 100).status in (400, 500)
    assert archive(server, held, "/t", "PUT", packed(("a/x", b""))).status in (400, 500)


WAY = "rm -rf /way; mkdir -p /way/d/sub; echo old >/way/f; ln -s d /way/l"
DIRECTORY = 'cannot overwrite directory "/way/d" with non-directory "/way"'
OTHER = 'cannot overwrite non-directory "/way/{}" with directory "/way"'


@pytest.mark.parametrize(
    ("members", "refused", "left"),  # the end: mode and name of what is there when all gives way
    [
        ([("d", b"x")], DIRECTORY, "-rwxr-x--- d"),
        ([("d", "f")], DIRECTORY, "lrwxrwxrwx d"),
        ([("f", None), ("f/in", b"x")], OTHER.format("f"), "drwxr-x--- f"),
        ([("l", None)], OTHER.format("l"), "drwxr-x--- l"),
        ([("d", None), ("l/new", b"x"), ("f", b"x")], "", "drwxr-x--- d"),
    ],
)
def test_what_is_in_a_files_way(members, refused, left, *, server, held, cli) -> None:
    """It gives way, as with Docker, unless that is ruled out; a directory that is there becomes what is said of it."""
    cli("exec", held, "sh", "-c", WAY, check=True)
    tar = packed(*members)
    done = archive(server, held, "/way&noOverwriteDirNonDir=1", "PUT", tar)
    assert (done.status, done.body and done.message) == ((400, refused) if refused else (200, b""))
    if refused:
        seen = cli("exec", held, "sh", "-c", "cat /way/f; cd /way/d/sub && ls -l /way/l", check=True).stdout
        assert seen.startswith(b"old\nl")
        assert archive(server, held, "/way&noOverwriteDirNonDir=0", "PUT", tar).status == 200
    listed = cli("exec", held, "sh", "-c", "cd /way; ls -ld *", check=True).stdout.decode()
    mode, name = left.split()
    assert [line.split()[0] for line in listed.splitlines() if line.split()[8] == name] == [mode]


@pytest.mark.needs("range")
def test_whose_files_become(server, cli) -> None:
    cli("create", "--name", "archived-owned", "--user", "5:7", "busybox", check=True)
    try:
        for flag, owner in (("0", (12, 34)), ("1", (5, 7))):
            assert archive(server, "archived-owned", f"/&copyUIDGID={flag}", "PUT", packed(("o", b""))).status == 200
            found = archive(server, "archived-owned", "/o")
            with tarfile.open(fileobj=io.BytesIO(found.body)) as tar:
                assert [(member.uid, member.gid) for member in tar] == [owner]
    finally:
        cli("rm", "archived-owned", check=True)


def test_a_running_root_goes_out_without_what_the_kernel_makes_up(server, held) -> None:
    whole = archive(server, held, "/")
    found = set(raw_names(whole.body))
    assert {"/proc/", "/sys/", "/dev/pts/", "/t/a", "/etc/hosts"} <= found
    assert not [name for name in found if name.startswith(("/proc/", "/sys/")) and name.count("/") > 2]
    for path in ("/proc/version", "/proc/self/status", "/sys/kernel"):
        missing = archive(server, held, path)
        assert (missing.status, missing.message) == (404, f"Could not find the file {path} in container {held}")
    assert names(archive(server, held, "/proc")) == ["proc"]


def test_a_hostile_tar_stays_inside(server, held, tmp_path) -> None:
    outside = tmp_path / "target"
    outside.write_text("mine")
    hostile = packed(("out", str(outside)), ("out", b"theirs"), ("../../up", b"u"), (str(tmp_path / "abs"), b"a"),
                     ("deep", str(tmp_path)), ("deep/in", b"d"))  # fmt: skip
    archive(server, held, "/t/sub", "PUT", hostile)
    assert outside.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def test_all_of_it_is_exported(server, held) -> None:
    reply = server.request("GET", f"/containers/{held}/export")
    found = names(reply)
    assert {"t/a", "bin/busybox"} <= {name.removeprefix("./") for name in found}

"""A store of somebody else's under one's own: listed and run, never written."""

import hashlib
import json
import os
import sqlite3
import time

import pytest
from hull import config
from hull.errors import UserError
from hull.images import settling

from tests import imagebuild
from tests.commandline import CommandLine
from tests.imagebuild import layer, member
from tests.imagestore import Box, Tree, box  # noqa: F401 (a fixture)

pytestmark = pytest.mark.real
DIRECT = os.geteuid() != 0


def files(root):
    """Return what is in a store that somebody may look at: paths, times, content of the database."""
    found = {}
    for directory, _, names in os.walk(root):
        found[directory] = os.stat(directory).st_mtime_ns
        for name in names:
            if not name.endswith(("-wal", "-shm", ".lock")):
                found[f"{directory}/{name}"] = os.lstat(f"{directory}/{name}").st_mtime_ns
    with open(f"{root}/hull.db", "rb") as file:
        found["db"] = hashlib.sha256(file.read()).hexdigest()
    return found


@pytest.fixture
def mine(fresh_cli, monkeypatch):
    """Give an empty store over another one, which holds busybox and does not change any more."""
    deadline = time.monotonic() + 30
    query = "SELECT count(*) FROM layers WHERE mark != '' OR tree = ''"
    while sqlite3.connect(f"{fresh_cli.root}/hull.db").execute(query).fetchone()[0]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    fresh_cli("images", check=True)
    monkeypatch.setenv("HULL_SHARED_STORES", fresh_cli.root)
    cli = CommandLine(f"{os.path.dirname(fresh_cli.root)}/own")
    cli.below = fresh_cli.root
    return cli


@pytest.mark.skipif(not DIRECT, reason="needs an ordinary user: root's layers belong to mapped ids")
def test_its_images_are_listed_and_run_where_they_are(mine):
    before = files(mine.below)
    assert b"busybox" in mine("images", check=True).stdout
    assert mine("images", "-q", "-f", "reference=busy*", check=True).stdout
    script = "echo more >> /etc/passwd; tail -n1 /etc/passwd"
    done = mine("run", "--rm", "--network", "none", "--pull", "never", "busybox", "sh", "-c", script, check=True)
    assert done.stdout == b"more\n"
    assert os.listdir(f"{mine.root}/layers") == []
    assert files(mine.below) == before
    assert mine("rmi", "busybox").returncode == 125
    assert files(mine.below) == before


@pytest.mark.skipif(not DIRECT, reason="needs an ordinary user: root's layers belong to mapped ids")
def test_a_directory_that_cannot_be_written_is_read(mine):
    for name in os.listdir(mine.below):
        if name.endswith(("-wal", "-shm")):
            os.unlink(f"{mine.below}/{name}")
    os.chmod(mine.below, 0o500)
    try:
        assert mine("run", "--rm", "--network", "none", "busybox", "echo", "hi", check=True).stdout == b"hi\n"
    finally:
        os.chmod(mine.below, 0o700)


def test_layers_of_another_id_map_are_unpacked_into_ones_own(box, monkeypatch):  # noqa: F811
    monkeypatch.setattr(settling, "start", lambda _paths: None)
    made = imagebuild.image(layer(member("f", b"1", uid=7, mode=0o4755)), layer(member("g"), member(".wh.f")))
    with open(f"{box.base}/archive", "wb") as file:
        file.write(imagebuild.docker_archive(made, "a:1"))
    box.images.load(f"{box.base}/archive", flavour="single")
    before = files(f"{box.base}/store")
    own = Box(f"{box.base}/own")
    monkeypatch.setenv("HULL_SHARED_STORES", f"{box.base}/store")
    found = own.images.resolve("a:1", "never")
    assert [path.startswith(own.base) for path in found.layers] == [True, True]
    assert Tree(own.engine, "range", [found.layers[0]]).stat("f") == ("regular file", 0o4755, 7, 0)
    assert files(f"{box.base}/store") == before
    assert own.images.resolve("a:1", "never") == found, "now it is here"


def test_what_it_holds_is_shown_and_saved(mine, tmp_path):
    before = files(mine.below)
    (shown,) = json.loads(mine("inspect", "busybox", check=True).stdout)
    assert shown["RepoTags"] == ["busybox:latest"]
    assert shown["GraphDriver"]["Data"]["Layers"][0].startswith(mine.below)
    assert mine("history", "-q", "--no-trunc", "busybox", check=True).stdout.split()[0].decode() == shown["Id"]
    saved = mine("save", "busybox", check=True).stdout
    mine("save", "-o", str(tmp_path / "by-id"), shown["Id"][7:19], check=True)
    third = CommandLine(f"{os.path.dirname(mine.root)}/third")
    loaded = third("load", input=saved, env=third.env(HULL_SHARED_STORES=""), check=True)
    assert loaded.stdout == b"busybox:latest\n"
    assert b"packed again" not in loaded.stderr
    ids = third("images", "-q", "--no-trunc", env=third.env(HULL_SHARED_STORES=""), check=True).stdout
    assert ids.split() == [shown["Id"].encode()]
    assert os.listdir(f"{mine.root}/layers") == []
    assert files(mine.below) == before


def test_a_name_of_ones_own_and_why_it_cannot_go(mine):
    before = files(mine.below)
    for words in (("rmi", "busybox"), ("untag", "busybox")):
        done = mine(*words)
        assert done.returncode == 125
        assert f"it is in the shared store {mine.below}".encode() in done.stderr
    mine("tag", "busybox", "own:1", check=True)
    assert b"own" in mine("images", check=True).stdout
    (one, two) = (json.loads(mine("inspect", name, check=True).stdout)[0] for name in ("own:1", "busybox"))
    assert (one["Id"], one["Size"]) == (two["Id"], two["Size"])
    assert b"all is well" in mine("fsck", check=True).stdout
    assert mine("save", "own:1", check=True).stdout
    if DIRECT:
        done = mine("run", "--rm", "--network", "none", "--pull", "never", "own:1", "echo", "hi", check=True)
        assert done.stdout == b"hi\n"
        assert os.listdir(f"{mine.root}/layers") == []
    mine("rmi", "own:1", check=True)
    assert b"own" not in mine("images", check=True).stdout
    assert files(mine.below) == before


@pytest.mark.skipif(not DIRECT, reason="needs an ordinary user: root's layers belong to mapped ids")
def test_a_container_of_its_image_is_committed(mine):
    mine("run", "--name", "c", "--network", "none", "busybox", "sh", "-c", "echo 1 > /new", check=True)
    mine("commit", "c", "made:1", check=True)
    assert mine("run", "--rm", "--network", "none", "made:1", "cat", "/new", check=True).stdout == b"1\n"
    assert mine("image", "diff", "busybox", "made:1", check=True).stdout.endswith(b"A /new\n")
    mine("rm", "c", check=True)
    alone = mine("run", "--rm", "--network", "none", "made:1", "cat", "/new", env=mine.env(HULL_SHARED_STORES=""))
    assert alone.stdout == b"1\n", "it needs the other store no more"


def test_ones_own_come_first(mine):
    mine("import", "--change", "LABEL own=1", "-", "busybox", input=layer(member("a")), check=True)
    lines = mine("images", "--format", "{{.Repository}}", check=True).stdout.split()
    assert lines == [b"busybox"]
    assert b'"own"' in mine("image", "inspect", "busybox", check=True).stdout


def test_one_that_is_not_there_is_a_warning(mine, monkeypatch):
    monkeypatch.setenv("HULL_SHARED_STORES", "/nothing/here")
    done = mine("images", check=True)
    assert b"cannot read /nothing/here/hull.db" in done.stderr
    assert not os.path.exists("/nothing/here")


def test_settings_name_them_too(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[store]\nshared = ["/a", "/b"]\n')
    assert config.load(str(tmp_path)).shared == ("/a", "/b")
    path.write_text('[store]\nshared = "/a"\n')
    with pytest.raises(UserError, match="no list"):
        _ = config.load(str(tmp_path)).shared

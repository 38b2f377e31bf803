"""save: what hull writes is what docker's readers, podman, skopeo, umoci and hull itself read, the same tree."""

import json
import os
import subprocess
import tarfile

import pytest
from hull.commands.save import save
from hull.errors import UserError
from hull.images.saving import Member
from hull.images.saving_places import tar

from tests import imagebuild
from tests.imagebuild import directory, hardlink, layer, member, symlink
from tests.imagestore import Box, box  # noqa: F401 (a fixture)

pytestmark = pytest.mark.real
LOWER = layer(
    directory("d", 0o750, uid=3, gid=4), member("d/f", b"1" * 5000, mode=0o4755), member("d/gone", b"2"),
    symlink("l", "d/f"), hardlink("h", "d/f"), directory("o"), member("o/under", b"3"),
)  # fmt: skip
UPPER = layer(member("d/.wh.gone"), member("o/.wh..wh..opq"), member("o/over", b"4"), member("n", b"5", uid=7))
MADE = imagebuild.image(LOWER, UPPER, run={"Cmd": ["x"], "Labels": {"k": "v"}})


@pytest.fixture
def loaded(box):  # noqa: F811
    path = f"{box.base}/archive"
    for made, names in ((MADE, ("a:1", "a:2")), (imagebuild.image(LOWER), ("b:1",))):
        with open(path, "wb") as file:
            file.write(imagebuild.docker_archive(made, *names))
        box.images.load(path)
    os.unlink(path)
    return box


def tree(box, name):  # noqa: F811
    """Return what an image's layers hold, whatever tars they came in."""
    from tests.imagestore import Tree

    found = box.images.resolve(name, "never")
    told = []
    for place in found.layers:
        one = Tree(box.engine, "range", [place])
        told.append(
            one.look("find", ".", "-mindepth", "1", "-printf", r"%P %y %m %U:%G %s %T@ %l\n").splitlines()
            if one.names()
            else []
        )
    return [sorted(line for line in lines if line.split()[1] not in "cd") for lines in told]


@pytest.mark.parametrize("how", ["docker-archive", "oci-archive"])
def test_what_was_saved_loads_again_with_the_same_files(loaded, tmp_path, how):
    path = str(tmp_path / "out.tar")
    assert save(loaded.engine, ("a:1", "b:1"), output=path, format=how) is None
    assert os.listdir(tmp_path) == ["out.tar"]
    other = Box(f"{loaded.base}/other")
    os.mkdir(other.base) if not os.path.isdir(other.base) else None
    assert sorted(other.images.load(path)) == ["a:1", "b:1"]
    assert tree(other, "a:1") == tree(loaded, "a:1")
    assert other.images.resolve("a:1", "never").labels == ("k=v",)
    again = str(tmp_path / "again.tar")
    save(other.engine, ("a:1", "b:1"), output=again, format=how)
    with open(path, "rb") as one, open(again, "rb") as two:
        assert one.read() == two.read(), "what was packed before is packed to the same bytes"
    assert not [event for event in (*loaded.events, *other.events) if "packed again" in event.text]
    assert {line.id for line in other.images.rows.all()} == {line.id for line in loaded.images.rows.all()}


def test_the_members_of_a_docker_archive(loaded, tmp_path):
    path = str(tmp_path / "out.tar")
    save(loaded.engine, ("a", "b:1", MADE.config), output=path)
    with tarfile.open(path) as archive:
        names = archive.getnames()
        items = json.load(archive.extractfile("manifest.json"))
        assert [item["RepoTags"] for item in items] == [
            [f"docker.io/library/a:{n}" for n in (1, 2)],
            ["docker.io/library/b:1"],
        ]
        documents = {"oci-layout", "index.json", "manifest.json", "repositories"}
        assert len(names) == len(set(names)) == 10, "two configs, two manifests, two layers once each, four documents"
        assert {name for name in names if not name.startswith("blobs/sha256/")} == documents
        entries = json.load(archive.extractfile("index.json"))["manifests"]
        assert [one["annotations"]["io.containerd.image.name"] for one in entries] == [
            "docker.io/library/a:1", "docker.io/library/a:2", "docker.io/library/b:1",
        ]  # fmt: skip
        assert [one["annotations"]["org.opencontainers.image.ref.name"] for one in entries] == ["1", "2", "1"]
        last = items[0]["Layers"][-1].rpartition("/")[2]
        assert json.load(archive.extractfile("repositories"))["docker.io/library/a"] == {"1": last, "2": last}
        assert archive.getmember(items[0]["Layers"][0]).mtime == 0
        assert items[0]["Layers"][0] == items[1]["Layers"][0]


def test_an_id_is_saved_without_a_name(loaded, tmp_path):
    path = str(tmp_path / "out.tar")
    save(loaded.engine, (MADE.config[7:19],), output=path)
    with tarfile.open(path) as archive:
        assert json.load(archive.extractfile("manifest.json"))[0]["RepoTags"] == []


def test_to_standard_output(fresh_cli, tmp_path):
    done = fresh_cli("save", "busybox", check=True)
    fresh_cli("save", "-o", str(tmp_path / "f"), "busybox", check=True)
    assert done.stdout == (tmp_path / "f").read_bytes()
    fresh_cli("rmi", "-f", "busybox", check=True)
    assert fresh_cli("load", input=done.stdout, check=True).stdout == b"busybox:latest\n"
    assert fresh_cli("run", "--rm", "--network", "none", "busybox", "echo", "hi", check=True).stdout == b"hi\n"


@pytest.mark.parametrize("compression", ["", "zstd"])
@pytest.mark.needs("program:skopeo")
def test_skopeo_reads_a_directory(loaded, tmp_path, compression):
    path = str(tmp_path / "layout")
    save(loaded.engine, ("a:1", "b:1"), output=path, format="oci-dir", compression=compression)
    told = subprocess.run(
        ["skopeo", "inspect", f"oci:{path}:docker.io/library/a:1"], capture_output=True, check=True, timeout=60
    )
    document = json.loads(told.stdout)
    assert document["Labels"] == {"k": "v"}
    assert len(document["Layers"]) == 2
    raw = subprocess.run([*told.args[:2], "--raw", told.args[2]], capture_output=True, check=True)
    kinds = {one["mediaType"].rpartition("+")[2] for one in json.loads(raw.stdout)["layers"]}
    assert kinds == {compression or "gzip"}
    with pytest.raises(UserError, match="not empty"):
        save(loaded.engine, ("b:1",), output=path, format="oci-dir")


@pytest.mark.needs("program:umoci")
def test_umoci_unpacks_a_directory(loaded, tmp_path):
    path = str(tmp_path / "layout")
    save(loaded.engine, ("a:1",), output=path, format="oci-dir")
    rootless = ["--rootless"] if os.geteuid() else []
    argv = ["umoci", "unpack", *rootless, "--image", f"{path}:docker.io/library/a:1", str(tmp_path / "bundle")]
    subprocess.run(argv, capture_output=True, check=True, timeout=60)
    root = tmp_path / "bundle" / "rootfs"
    found = sorted(os.path.relpath(os.path.join(at, n), root) for at, ds, fs in os.walk(root) for n in (*ds, *fs))
    assert found == ["d", "d/f", "h", "l", "n", "o", "o/over"]
    assert (root / "d/f").stat().st_ino == (root / "h").stat().st_ino
    assert (root / "d/f").read_bytes() == b"1" * 5000


@pytest.mark.needs("program:podman")
@pytest.mark.parametrize("how", ["docker-archive", "oci-archive"])
def test_podman_loads_the_same_image(fresh_cli, tmp_path, how):
    archive = str(tmp_path / "out.tar")
    fresh_cli("save", "-o", archive, "--format", how, "busybox", check=True)
    base = os.path.dirname(fresh_cli.root)
    store = ["--root", f"{base}/p", "--runroot", f"{base}/r", "--storage-driver", "vfs"]
    podman = ["podman", *store, "--cgroup-manager", "cgroupfs"]
    done = subprocess.run([*podman, "load", "-i", archive], capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert b"docker.io/library/busybox:latest" in done.stdout
    fresh_cli("load", "-i", archive, check=True)
    ident = fresh_cli("images", "-q", "--no-trunc", "busybox", check=True).stdout.strip()
    told = subprocess.run([*podman, "images", "-q", "--no-trunc"], capture_output=True, check=True, timeout=60)
    assert told.stdout.strip() == ident


def test_refusals(loaded, tmp_path, monkeypatch):
    path = str(tmp_path / "out")
    with pytest.raises(UserError, match="no such image"):
        save(loaded.engine, ("nothing",), output=path)
    with pytest.raises(UserError, match="docker-archive"):
        save(loaded.engine, ("a:1",), output=path, compression="zstd")
    with pytest.raises(UserError, match="a directory"):
        save(loaded.engine, ("a:1",), format="oci-dir")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(UserError, match="a terminal"):
        save(loaded.engine, ("a:1",))
    assert os.listdir(tmp_path) == []
    assert os.listdir(loaded.engine.paths.scratch) == []


def test_a_failure_leaves_no_file(loaded, tmp_path):
    from hull.images import saving_places

    def broken():
        yield Member("a", b"1")
        raise UserError("no more")

    for write, content in ((saving_places.file, tar(broken())), (saving_places.directory, broken())):
        with pytest.raises(UserError):
            write(str(tmp_path / "out"), content)
        assert os.listdir(tmp_path) == []

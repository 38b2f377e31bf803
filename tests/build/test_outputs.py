"""--output, --squash, --iidfile, and steps that travel through a registry."""

import io
import json
import os
import tarfile

import pytest

from tests import imagebuild, registries
from tests.commandline import CommandLine, remove_tree

pytestmark = pytest.mark.needs("range")

TREE = (
    "FROM busybox AS b\nRUN mkdir /o && echo x > /o/f && chmod 751 /o/f && ln -s f /o/l\n"
    "FROM scratch\nCOPY --from=b /o /\n"
)


def tagless(build) -> int:
    return build.cli("images", "-a", check=True).stdout.count(b"<none>")


def test_a_directory(build, tmp_path):
    before = tagless(build)
    done = build(TREE, "-o", str(tmp_path / "made"))
    assert (sorted(os.listdir(tmp_path / "made")), os.readlink(tmp_path / "made" / "l")) == (["f", "l"], "f")
    found = (tmp_path / "made" / "f").stat()
    assert (found.st_uid, found.st_mode & 0o777, done.stdout) == (os.geteuid(), 0o751, b"")
    assert tagless(build) == before, "an image that was not asked for does not stay"


def test_tars(build, tmp_path):
    done = build(TREE, "--output", "type=tar")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        assert sorted(tar.getnames()) == [".", "f", "l"]
    build(TREE, "--output", f"type=tar,dest={tmp_path}/t.tar")
    assert tarfile.is_tarfile(tmp_path / "t.tar")
    done = build(TREE, "--output", "type=zip,dest=x", check=False)
    assert (done.returncode, done.stdout) == (125, b"")


@pytest.mark.parametrize("kind", ["oci", "docker"])
def test_an_archive_is_loaded_again(build, fresh_cli, tmp_path, kind):
    """A layer's root stands in it only where it says something: Docker's layers have none."""
    text = "FROM busybox\nRUN echo x > /x\nRUN echo y > /y && chmod 711 /\n"
    build(text, "--output", f"type={kind},dest={tmp_path}/a.tar", "-t", f"out-{kind}:1")
    assert layers(tmp_path / "a.tar")[1:] == [["x"], [".", "y"]]
    fresh_cli("load", "-i", str(tmp_path / "a.tar"), check=True)
    run = fresh_cli("run", "--rm", "--network", "none", f"out-{kind}:1", "sh", "-c", "cat /x; stat -c %a /", check=True)
    assert run.stdout == b"x\n711\n"


def layers(archive):
    """Return the names in each layer of an image's archive."""
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile(f"blobs/sha256/{index(tar)}"))
        blobs = [tar.extractfile(f"blobs/{one['digest'].replace(':', '/')}").read() for one in manifest["layers"]]
    found = []
    for blob in blobs:
        with tarfile.open(fileobj=io.BytesIO(blob)) as layer:
            found.append(layer.getnames())
    return found


def index(tar):
    """Return the hash of the archive's manifest."""
    (one,) = json.load(tar.extractfile("index.json"))["manifests"]
    return one["digest"].rpartition(":")[2]


def test_what_was_here_before_stays(build, tmp_path):
    """An image that a build makes again, to send it elsewhere, is not the build's to remove."""
    ident = build.image("FROM busybox\nRUN echo kept > /kept\n", "-t", "kept:1")
    build("FROM kept:1\n", "--output", f"type=oci,dest={tmp_path}/a.tar")
    build("FROM busybox\nRUN echo kept > /kept\n", "--output", f"type=docker,dest={tmp_path}/b.tar")
    assert build.inside("kept:1", "cat", "/kept") == "kept\n"
    assert build.inspect("kept:1")["Id"] == ident


def test_a_squashed_image_has_the_same_files_in_one_layer(build):
    text = (
        "FROM busybox\nRUN mkdir -p /d/e /gone && echo 1 > /d/1 && echo 2 > /d/e/2 && ln /d/1 /d/h\n"
        "RUN rm -r /d/e /gone /root && mkdir /d/e && echo 3 > /d/e/3\nRUN rm /etc/passwd && chmod 711 /d\n"
        'RUN rm -r /d/e && echo file > /d/e && mkdir /root && touch /root/r\nCMD ["x"]\n'
    )
    prune = "-path /proc -prune -o -path /sys -prune -o -path /dev -prune -o"
    look = f"find / -xdev {prune} -type d -exec stat -c '%n %a %F' {{}} + ; "
    look += f"find / -xdev {prune} ! -type d -exec stat -c '%n %a %h %F' {{}} +"
    plain, squashed = build.image(text), build.image(text, "--squash")
    listed = [sorted(build.inside(one, "sh", "-c", look).splitlines()) for one in (plain, squashed)]
    assert [line for line in listed[0] if not line.startswith("/etc")] == [
        line for line in listed[1] if not line.startswith("/etc")
    ]
    base = build.inspect("busybox")["RootFS"]["Layers"]
    layers = build.inspect(squashed)["RootFS"]["Layers"]
    assert (layers[:-1], len(build.inspect(plain)["RootFS"]["Layers"])) == (base, len(base) + 4)


def test_the_id_in_a_file(build, tmp_path):
    ident = build.image("FROM busybox\nRUN true\n", "--iidfile", str(tmp_path / "id"))
    assert (tmp_path / "id").read_text() == ident


@pytest.mark.needs("program:docker-registry")
def test_steps_travel_through_a_registry(build, tmp_path, base):
    build.write(f="x")
    text = f"FROM steps-base\nCOPY f /f\nRUN echo {tmp_path.name} > /made\nRUN true\n"
    with registries.plain() as found:
        name = f"{found.address}/steps:1"
        ident = build.image(text, "--cache-to", name)
        other = CommandLine(str(tmp_path / "other"))
        try:
            other("load", "-i", base, check=True)
            argv = ("build", "--network", "none", "--cache-from", f"type=registry,ref={name}", ".")
            done = other(*argv, cwd=build.context, check=True)
            assert done.stderr.count(b"CACHED") == 3
            assert done.stdout.decode().split()[-1] == ident
            run = other("run", "--rm", "--network", "none", ident, "cat", "/made", "/f", check=True)
            assert run.stdout.decode() == f"{tmp_path.name}\nx"
            again = other("build", "--network", "none", "--cache-from", name, ".", cwd=build.context, check=True)
            assert again.stdout.decode().split()[-1] == ident
            missing = other("build", "--no-cache", "--cache-from", f"{found.address}/none:1", ".", cwd=build.context)
            assert missing.returncode == 0
        finally:
            remove_tree(other.root)


@pytest.fixture
def base(build, tmp_path) -> str:
    """Give an archive of steps-base, which is in the first store, too: the same layers in both."""
    path = tmp_path / "base.tar"
    made = imagebuild.image(imagebuild.busybox_layer(), run={"Cmd": ["sh"]})
    path.write_bytes(imagebuild.docker_archive(made, "steps-base:latest"))
    build.cli("load", "-i", str(path), check=True)
    return str(path)

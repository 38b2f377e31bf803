"""Steps that travel: in a directory, in the image itself; and images of OCI layouts that builds begin with."""

import json

import pytest

from tests import registries
from tests.commandline import CommandLine, remove_tree

pytestmark = pytest.mark.needs("range")


@pytest.fixture
def other(tmp_path, build):
    """Give another store with the same busybox."""
    build.cli("save", "-o", str(tmp_path / "busybox.tar"), "busybox", check=True)
    found = CommandLine(str(tmp_path / "other"))
    found("load", "-i", str(tmp_path / "busybox.tar"), check=True)
    yield found
    remove_tree(found.root)


@pytest.fixture
def text(build, tmp_path):
    build.write(f="x")
    return (
        f"FROM busybox AS s\nCOPY f /f\nRUN echo {tmp_path} > /made\nFROM busybox\nCOPY --from=s /made /made\nENV x=y\n"
    )


def test_by_a_directory(build, other, text, tmp_path):
    place = tmp_path / "steps"
    ident = build.image(text, "--cache-to", f"type=local,dest={place},mode=max")
    argv = ("build", "--network", "none", "--cache-from", f"type=local,src={place}", ".")
    done = other(*argv, cwd=build.context, check=True)
    assert done.stderr.count(b"CACHED") == 3
    assert done.stdout.decode().split()[-1] == ident
    build(text.replace("x=y", "x=z"), "--cache-to", f"type=local,dest={place}")
    assert len(json.loads((place / "index.json").read_text())["manifests"]) == 1, "the newest steps take its place"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    refused = build(text, "--cache-to", f"type=local,dest={tmp_path}/full", check=False)
    assert (refused.returncode, b"neither empty nor an OCI layout" in refused.stderr) == (1, True)
    missing = build(text, "--no-cache", "--cache-from", f"type=local,src={tmp_path}/none")
    assert missing.returncode == 0


def test_steps_that_were_changed_are_not_taken(build, other, text, tmp_path):
    """A layer that is not what its digest says fails; nothing of it is kept."""
    place = tmp_path / "steps"
    build(text, "--cache-to", f"type=local,dest={place}")
    index = json.loads((place / "index.json").read_text())
    manifest = json.loads((place / "blobs" / index["manifests"][0]["digest"].replace(":", "/")).read_text())
    for layer in manifest["layers"]:
        blob = place / "blobs" / layer["digest"].replace(":", "/")
        blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    argv = ("build", "--network", "none", "--cache-from", f"type=local,src={place}", ".")
    done = other(*argv, cwd=build.context)
    assert (done.returncode, b"does not match" in done.stderr) == (1, True)
    other("build", "--network", "none", ".", cwd=build.context, check=True)


@pytest.mark.needs("program:docker-registry")
def test_in_the_image_itself(build, other, text):
    with registries.plain() as found:
        name = f"{found.address}/inline:1"
        done = build(text, "--cache-to", "type=inline", "--push", "-t", name)
        ident = done.stdout.decode().split()[-1]
        argv = ("build", "--network", "none", "--cache-from", name, ".")
        taken = other(*argv, cwd=build.context, check=True)
        assert taken.stderr.count(b"CACHED") == 1, "the image has its own layers only"
        pulled = other("run", "--rm", "--network", "none", name, "cat", "/made", check=True)
        assert pulled.stdout
    child = build.image(f"FROM {name}\nENV a=b\n")
    for image, has in ((ident, True), (child, False)):
        config = build.cli("save", "--format", "oci-archive", image, check=True).stdout
        assert (b"hull.steps" in config) is has, "steps are of the image that they made"


@pytest.mark.needs("program:docker-registry")
def test_an_image_is_pushed(build, tmp_path):
    with registries.plain() as found:
        name = f"{found.address}/pushed:1"
        build("FROM busybox\nRUN true\n", "--output", f"type=image,name={name},push=true", "--metadata-file", "m")
        digest = json.loads((build.context / "m").read_text())["containerimage.digest"]
        shown = build.cli("manifest", "inspect", f"{found.address}/pushed@{digest}", check=True)
        assert b"layers" in shown.stdout
    done = build("FROM busybox\n", "--push", check=False)
    assert (done.returncode, b"it has no name" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "word",
    ["type=gha", "type=local", "type=local,src=/x", "type=registry", "type=inline,ref=x", "type=local,dest=/x,what=y"],
)
def test_words_that_cannot_be(build, word):
    done = build("FROM busybox\n", "--cache-to", word, check=False)
    assert (done.returncode, b"cannot share steps" in done.stderr) == (125, True)


@pytest.mark.parametrize(
    "word", ["type=image,dest=/x", "type=oci,tar=false", "type=local", "type=tar,what=x", "type=x"]
)
def test_outputs_that_cannot_be(build, word):
    done = build("FROM busybox\n", "--output", word, check=False)
    assert (done.returncode, b"cannot read the output" in done.stderr) == (125, True)


def test_a_layout_is_begun_with(build, tmp_path):
    build.image("FROM busybox\nRUN echo laid > /laid\nENV of=layout\n", "-t", "laid:7")
    place = tmp_path / "layout"
    build("FROM laid:7\n", "--output", f"type=oci,tar=false,dest={place},name=v1")
    build.cli("rmi", "-f", "laid:7", check=True)
    before = build.cli("images", "-aq", check=True).stdout
    tag = json.loads((place / "index.json").read_text())["manifests"][0]
    name = tag["annotations"]["org.opencontainers.image.ref.name"]
    text = "FROM base\nRUN cat /laid > /copy; echo $of >> /copy\n"
    text += "FROM busybox\nCOPY --from=base /laid /laid\nCOPY --from=0 /copy /\n"
    for word in (f"{place}:{name}", f"{place}", f"{place}@{tag['digest']}"):
        ident = build.image(text, "--no-cache", "--build-context", f"base=oci-layout://{word}")
        assert build.inside(ident, "cat", "/laid", "/copy") == "laid\nlaid\nlayout\n"
        build.cli("rmi", ident, check=True)
    assert build.cli("images", "-aq", check=True).stdout == before, "the layout's image goes with the build"
    for word, said in (
        (f"{place}:no", b"no such image"),
        (f"{tmp_path}/none", b"no such directory"),
        (f"{place}@sha256:0", b""),
    ):
        done = build(text, "--build-context", f"base=oci-layout://{word}", check=False)
        assert (done.returncode, said in done.stderr, b"Dockerfile:1" in done.stderr) == (1, True, True), word
    done = build(text, "--build-context", f"base={build.context}", check=False)
    assert (done.returncode, b"it is no image" in done.stderr) == (1, True)


@pytest.mark.needs("fuse")
def test_a_device_that_was_granted(build):
    text = "FROM busybox\nRUN --device=/dev/fuse{0} if test -c /dev/fuse; then echo there; else echo none; fi > /t\n"
    assert build.inside(build.image(text.format("")), "cat", "/t") == "none\n"
    refused = build(text.format(",required"), check=False)
    assert (refused.returncode, b"Dockerfile:2" in refused.stderr, b"--device /dev/fuse" in refused.stderr) == (
        1,
        True,
        True,
    )
    granted = build.image(text.format(",required"), "--device", "/dev/fuse:/dev/fuse")
    assert build.inside(granted, "cat", "/t") == "there\n"
    build("FROM busybox\nRUN test ! -e /dev/fuse\n", "--device", "/dev/fuse", "--no-cache")

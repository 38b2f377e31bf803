"""push: only what is missing travels, very bytes where they are known, the same image back."""

import json
import re
import shutil
import subprocess

import pytest

from tests import imagebuild, registries
from tests.capabilities import missing

pytestmark = pytest.mark.needs("program:docker-registry")
LAYERS = (
    imagebuild.layer(imagebuild.directory("d"), imagebuild.member("d/f", b"1" * 5000)),
    imagebuild.layer(imagebuild.member("g", b"2"), imagebuild.member("d/.wh.f")),
)
MADE = imagebuild.image(*LAYERS, run={"Cmd": ["x"]})


@pytest.fixture(scope="module")
def one():
    with registries.plain() as found:
        yield found.address


@pytest.fixture(scope="module")
def two():
    with registries.plain() as found:
        yield found.address


@pytest.fixture
def pulled(cli, one, request):
    """Give the reference of an image that was pulled, in a repository of this test alone."""
    name = imagebuild.push(MADE, one, re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-"), "1")
    cli("pull", "-q", name, check=True)
    return name


def pushed(done):
    assert done.returncode == 0, done.stderr
    return re.fullmatch(r"(\S+): digest: (sha256:[0-9a-f]{64}) size: (\d+)\n", done.stdout.decode()).groups()


def test_a_pulled_image_goes_on_with_its_very_bytes(cli, pulled, two):
    tag, digest, size = pushed(done := cli("push", pulled, f"{two}/bytes:9"))
    assert (tag, digest, int(size)) == ("9", MADE.manifest, len(MADE.blobs[MADE.manifest]))
    assert done.stderr.decode().count(": pushed, as ") == 2
    done = cli("push", pulled, f"{two}/bytes:10")
    assert done.stderr.decode().count(": already there") == 2
    assert pushed(done)[1] == MADE.manifest


def test_another_repository_of_one_registry_is_linked(cli, pulled, one):
    done = cli("push", pulled, f"{one}/linked/there:1")
    assert pushed(done)[1] == MADE.manifest
    assert done.stderr.decode().count(": linked from ") == 2


def container(cli, *words):
    return cli("create", *words, check=True).stdout.decode().strip()


def test_what_was_committed_comes_back_the_same(cli, pulled, two):
    ident = container(cli, pulled, "true")
    files = imagebuild.layer(imagebuild.member("new", b"new" * 100_000, uid=5), imagebuild.hardlink("link", "new"))
    cli("cp", "-a", "-", f"{ident}:/d", input=files, check=True)
    image = cli("commit", ident, "committed:1", check=True).stdout.decode().strip()
    for compression in ("gzip", "zstd"):
        done = cli("push", "--compression", compression, "committed:1", f"{two}/committed:{compression}")
        digest = pushed(done)[1]
        assert b"packed again" not in done.stderr
        assert manifest(two, "committed", compression)["config"]["digest"] == image
        kinds = [one["mediaType"] for one in manifest(two, "committed", compression)["layers"]]
        assert all(kind.endswith(f"tar+{compression}") for kind in kinds)
        assert cli("inspect", f"{two}/committed@{digest}", check=True)
    cli("rm", ident, check=True)


def manifest(address, name, tag):
    words = ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{address}/{name}:{tag}"]
    if missing("program:skopeo"):
        pytest.skip("needs program:skopeo")
    return json.loads(subprocess.run(words, capture_output=True, check=True).stdout)


def test_a_layer_of_ours_keeps_its_digest_when_it_is_packed_again(cli, two):
    ident = container(cli, "busybox", "true")
    cli("cp", "-", f"{ident}:/root", input=imagebuild.tar_of({"new": b"x"}), check=True)
    cli("commit", ident, "mine:1", check=True)
    diff_ids = json.loads(cli("inspect", "mine:1", check=True).stdout)[0]["RootFS"]["Layers"]
    done = cli("push", "mine:1", f"{two}/mine:1")
    assert f"{diff_ids[-1][7:19]}: pushed\n" in done.stderr.decode(), done.stderr
    cli("rm", ident, check=True)


def test_another_compression_keeps_the_image_s_id(cli, pulled, two):
    done = cli("push", "--compression", "zstd", pulled, f"{two}/recompressed:1")
    assert pushed(done)[1] != MADE.manifest
    assert manifest(two, "recompressed", "1")["config"]["digest"] == MADE.config
    assert b"packed again" not in done.stderr


def test_the_source_is_gone_and_the_files_are_packed_again(fresh_cli, two):
    cli = fresh_cli
    with registries.plain() as found:
        name = imagebuild.push(MADE, found.address, "gone", "1")
        cli("pull", "-q", name, check=True)
    splits = f"{cli.root}/blobs/tar-split"
    shutil.rmtree(splits)
    done = cli("push", name, f"{two}/repacked:1")
    assert b"the registry's image has another id" in done.stderr
    assert b"not from " in done.stderr
    pushed(done)
    cli("pull", "-q", f"{two}/repacked:1", check=True)


def test_the_source_is_gone_and_the_very_tars_are_made_again(fresh_cli, two):
    cli = fresh_cli
    with registries.plain() as found:
        name = imagebuild.push(MADE, found.address, "gone", "1")
        cli("pull", "-q", name, check=True)
    done = cli("push", name, f"{two}/remade:1")
    assert b"not from " in done.stderr
    assert b"packed again" not in done.stderr
    pushed(done)
    assert manifest(two, "remade", "1")["config"]["digest"] == MADE.config


def test_all_tags(cli, pulled, one, two):
    repository = f"{two}/all"
    for tag in ("1", "2"):
        cli("push", pulled, f"{repository}:{tag}", check=True)
        cli("pull", "-q", f"{repository}:{tag}", check=True)
    done = cli("push", "--all-tags", "-q", repository)
    assert done.stdout.decode().splitlines() == [f"{repository}:1", f"{repository}:2"]
    assert done.stderr == b""
    assert cli("push", "--all-tags", f"{one}/nothing").returncode == 125


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing-here"], b"no such image"),
        (["--compression", "lzma", "busybox"], b"gzip, zstd"),
        (["--platform", "linux/s390x", "busybox", "localhost:1/x"], b"is made for"),
        (["busybox", "localhost:1/x@sha256:" + "0" * 64], b"a tag is wanted"),
        (["busybox", "127.0.0.1:1/x"], b"cannot reach"),
    ],
)
def test_refusals(cli, words, said):
    done = cli("push", *words)
    assert (done.returncode, done.stdout) == (125, b"")
    assert said in done.stderr
    assert b"hint: " in done.stderr


@pytest.mark.needs("program:openssl", "program:htpasswd")
@pytest.mark.parametrize("make", [registries.htpasswd, registries.token])
def test_a_registry_that_wants_a_login(cli, pulled, tmp_path, make):
    with make() as found:
        env = cli.env(REGISTRY_AUTH_FILE=str(tmp_path / "auth.json"))
        done = cli("push", pulled, f"{found.address}/x:1", env=env)
        assert (done.returncode, b"hull login" in done.stderr) == (125, True)
        words = ("login", "-u", registries.USER, "--password-stdin", found.address)
        cli(*words, env=env, input=registries.PASSWORD.encode(), check=True)
        assert pushed(cli("push", pulled, f"{found.address}/x:1", env=env))[1] == MADE.manifest
        assert pushed(cli("push", f"{found.address}/x@{MADE.manifest}", f"{found.address}/y:1", env=env))

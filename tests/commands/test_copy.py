"""copy moves images by content: digests stay, only what is missing travels, others read the result."""

import json
import os
import subprocess

import pytest

from tests import imagebuild, registries
from tests.capabilities import missing

pytestmark = pytest.mark.needs("program:docker-registry")
MADE = imagebuild.image(imagebuild.layer(imagebuild.member("a", b"1" * 9000)), run={"Cmd": ["x"]})
OTHER = imagebuild.image(imagebuild.layer(imagebuild.member("a", b"2")), how="zstd", architecture="s390x")
INDEX, BLOBS = imagebuild.index(
    (MADE, {"platform": {"os": "linux", "architecture": imagebuild.host_architecture()}}),
    (OTHER, {"platform": {"os": "linux", "architecture": "s390x"}}),
)


@pytest.fixture(scope="module")
def registry():
    with registries.plain() as found:
        for made in (MADE, OTHER):
            imagebuild.push(made, found.address, "from/multi", made.manifest)
        imagebuild.put_manifest(found.address, "from/multi", "1", INDEX, kind=imagebuild.OCI_INDEX)
        yield found.address


def copied(cli, *words):
    done = cli("copy", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def skopeo(*words):
    if missing("program:skopeo"):
        pytest.skip("needs program:skopeo")
    done = subprocess.run(["skopeo", *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_platform_through_a_layout_and_back(cli, registry, tmp_path):
    assert copied(cli, f"docker://{registry}/from/multi:1", f"oci:{tmp_path}/layout:a") == MADE.manifest
    assert copied(cli, f"oci:{tmp_path}/layout:a", f"docker://{registry}/back:1") == MADE.manifest
    assert (
        copied(cli, "--platform", "linux/s390x", f"{registry}/from/multi:1", f"oci:{tmp_path}/layout:b")
        == OTHER.manifest
    )
    raw = skopeo("inspect", "--raw", f"oci:{tmp_path}/layout:b")
    assert raw == OTHER.blobs[OTHER.manifest]
    done = cli("copy", f"oci:{tmp_path}/layout", f"oci:{tmp_path}/else:1")
    assert (done.returncode, b"there are a, b" in done.stderr) == (125, True)


def test_every_platform(cli, registry, tmp_path):
    digest = imagebuild.digest(INDEX)
    assert copied(cli, "--all", f"{registry}/from/multi:1", f"oci:{tmp_path}/layout:a") == digest
    assert {name for _, _, files in os.walk(f"{tmp_path}/layout/blobs") for name in files} == {
        key.partition(":")[2] for key in (*BLOBS, digest)
    }
    assert copied(cli, "--all", f"oci:{tmp_path}/layout:a", f"{registry}/all/back:1") == digest
    assert json.loads(
        skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{registry}/all/back:1")
    ) == json.loads(INDEX)
    done = cli("copy", "--all", f"{registry}/from/multi:1", f"docker-archive:{tmp_path}/a.tar")
    assert (done.returncode, b"one image" in done.stderr) == (125, True)


def test_within_one_registry_nothing_travels(cli, registry):
    done = cli("copy", f"{registry}/from/multi:1", f"{registry}/near/by:1")
    assert done.returncode == 0
    assert done.stderr.decode().count("already there") == 2
    assert b"copying" not in done.stderr


def test_archives(fresh_cli, registry, tmp_path):
    cli = fresh_cli
    copied(cli, f"{registry}/from/multi:1", f"docker-archive:{tmp_path}/a.tar")
    assert cli("load", "-q", "-i", f"{tmp_path}/a.tar").stdout.decode().split() == [f"{registry}/from/multi:1"]
    assert json.loads(skopeo("inspect", "--config", f"docker-archive:{tmp_path}/a.tar"))["config"]["Cmd"] == ["x"]
    digest = copied(cli, f"docker-archive:{tmp_path}/a.tar", f"{registry}/from/archive:1")
    cli("pull", "-q", f"{registry}/from/archive@{digest}", check=True)
    ids = {
        json.loads(cli("inspect", f"{registry}/from/{name}").stdout)[0]["Id"]
        for name in ("multi:1", f"archive@{digest}")
    }
    assert ids == {MADE.config}
    done = cli("copy", f"{registry}/from/multi:1", f"docker-archive:{tmp_path}/a.tar")
    assert (done.returncode, b"exists already" in done.stderr) == (125, True)


def test_a_layout_that_somebody_damaged_is_refused_and_mended(cli, registry, tmp_path):
    copied(cli, f"{registry}/from/multi:1", f"oci:{tmp_path}/layout:a")
    path = tmp_path / "layout/blobs" / MADE.layers[0].replace(":", "/")
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    done = cli("copy", f"oci:{tmp_path}/layout:a", f"{registry}/damaged:1")
    assert done.returncode == 125
    assert cli("tags", f"{registry}/damaged").returncode == 125
    copied(cli, f"{registry}/from/multi:1", f"oci:{tmp_path}/layout:a")
    assert copied(cli, f"oci:{tmp_path}/layout:a", f"{registry}/damaged:1") == MADE.manifest


@pytest.mark.parametrize("words", [
    ["nothing:here:a"], ["oci:", "oci:x"], ["oci:/nonexistent", "oci:/tmp/x"], ["dir:/x", "oci:/tmp/x"],
    ["docker-archive:/nonexistent", "127.0.0.1:1/x"], ["--all", "--platform", "linux", "127.0.0.1:1/x", "oci:/tmp/x"],
])  # fmt: skip
def test_refusals(cli, words, tmp_path):
    done = cli("copy", *[word.replace("/tmp/x", f"{tmp_path}/x") for word in words])
    assert (done.returncode, done.stdout) == (125, b"")
    assert b"hint: " in done.stderr

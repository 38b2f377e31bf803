"""manifest: an index put together here from images at registries, pushed whole, pulled by platform."""

import json

import pytest

from tests import imagebuild, registries

pytestmark = pytest.mark.needs("program:docker-registry")
MADE = imagebuild.image(imagebuild.layer(imagebuild.member("a", b"here")))
OTHER = imagebuild.image(imagebuild.layer(imagebuild.member("a", b"there")), architecture="s390x")


@pytest.fixture(scope="module")
def registry():
    with registries.plain() as found:
        imagebuild.push(MADE, found.address, "one", "1")
        imagebuild.push(OTHER, found.address, "two", "1")
        yield found.address


@pytest.fixture
def name(cli, registry, request):
    made = f"{registry}/multi/{request.node.name.replace('_', '-')}:1"
    yield made
    cli("manifest", "rm", made)


def said(cli, *words):
    done = cli("manifest", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def test_create_inspect_push_and_pull(fresh_cli, registry, name):
    cli = fresh_cli
    made = said(cli, "create", name, f"{registry}/one:1", f"{registry}/two:1")
    assert made == f"Created manifest list {name}"
    index = json.loads(said(cli, "inspect", name))
    assert index["mediaType"] == imagebuild.OCI_INDEX
    assert [one["digest"] for one in index["manifests"]] == [MADE.manifest, OTHER.manifest]
    assert index["manifests"][1]["platform"] == {"architecture": "s390x", "os": "linux"}
    done = cli("manifest", "create", name, f"{registry}/one:1")
    assert (done.returncode, b"--amend" in done.stderr) == (125, True)
    digest = said(cli, "push", "--purge", name)
    assert digest.startswith("sha256:")
    assert json.loads(said(cli, "inspect", name)) == index
    assert cli("manifest", "rm", name).returncode == 125
    assert cli("pull", "-q", name).returncode == 0
    assert json.loads(cli("inspect", name).stdout)[0]["Id"] == MADE.config
    cli("pull", "-q", "--platform", "linux/s390x", name, check=True)
    assert json.loads(cli("inspect", name).stdout)[0]["Id"] == OTHER.config


def test_add_and_annotate(cli, registry, name):
    said(cli, "create", name, f"{registry}/one:1")
    said(cli, "add", name, f"{registry}/two:1")
    said(cli, "annotate", name, f"{registry}/two:1", "--arch", "arm", "--variant", "v7", "--annotation", "k=v=w")
    said(cli, "annotate", name, MADE.manifest, "--os-features", "x")
    first, second = json.loads(said(cli, "inspect", name))["manifests"]
    assert second["platform"] == {"architecture": "arm", "os": "linux", "variant": "v7"}
    assert second["annotations"] == {"k": "v=w"}
    assert first["platform"]["os.features"] == ["x"]
    for words in (["annotate", name, f"{registry}/none:1"], ["annotate", name], ["annotate", name, "a", "b"]):
        assert cli("manifest", *words).returncode == 125


def test_an_index_is_taken_apart(cli, registry, name):
    said(cli, "create", name, f"{registry}/one:1", f"{registry}/two:1")
    said(cli, "push", name, f"{registry}/whole:1")
    other = name.replace(":1", ":2")
    said(cli, "create", other, f"{registry}/whole:1")
    assert json.loads(said(cli, "inspect", other)) == json.loads(said(cli, "inspect", name))
    assert said(cli, "rm", other, name).split() == [other, name]


def test_what_is_here_only_is_told_so(cli, name):
    done = cli("manifest", "create", name, "busybox", env=cli.env(https_proxy="http://127.0.0.1:1"))
    assert done.returncode == 125
    assert b"it is here only" in done.stderr
    assert b"hull push busybox" in done.stderr


@pytest.mark.parametrize("words", [["push", "localhost:1/none"], ["odd", "x"], ["inspect", "a", "b"], ["create"]])
def test_refusals(cli, words):
    assert cli("manifest", *words).returncode == 125

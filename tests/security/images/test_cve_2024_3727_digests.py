"""CVE-2024-3727: a digest that is none, used as a path or in a URL. Also docker's id traversal on load (2014-9358)."""

import json

import pytest
from hull.errors import HullError, RegistryError
from hull.images import blobs, digests, manifest

from tests import imagebuild, registries
from tests.imagebuild import layer, member

GOOD = "sha256:" + "0" * 64
BAD = [
    "", "sha256:", "sha256:" + "0" * 63, "sha256:" + "0" * 65, "sha256:" + "0" * 63 + "g", "sha256:" + "A" * 64,
    "sha256:../../../../etc/passwd", "sha256:" + "0" * 60 + "/../", GOOD + "\n", " " + GOOD, GOOD + "?x",
    "md5:" + "0" * 32,
    "../" * 20 + "x",
    "SHA256:" + "0" * 64, "sha256:" + "0" * 63 + "\u0660", "sha512:" + "0" * 64, None, 5, ["x"],
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_digest_is_refused(text):
    with pytest.raises(RegistryError, match="is not a digest"):
        digests.checked(text, "a thing")


@pytest.mark.parametrize("text", ["sha256:" + "0" * 64, "sha512:" + "0" * 128])
def test_what_is_one_is_taken(text):
    assert digests.checked(text, "a thing") == text


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("place", ["config", "layer", "index"])
def test_everywhere_in_a_manifest(text, place):
    data = {"config": {"digest": GOOD}, "layers": [{"digest": GOOD}]}
    if place == "config":
        data["config"] = {"digest": text}
    elif place == "layer":
        data["layers"] = [{"digest": text}]
    else:
        data = {"manifests": [{"digest": text}]}
    with pytest.raises(RegistryError, match="is not a digest"):
        manifest.parse(json.dumps(data).encode())


def test_before_any_path(box):
    with pytest.raises(RegistryError, match="is not a digest"):
        blobs.put(box.engine.paths, "sha256:../../../x", b"data")


def test_before_any_request(box):
    made = imagebuild.image(layer(), edit_manifest={"layers": [{"digest": "sha256:../../../../v2/other/blobs/x"}]})
    with registries.served(registries.image_answer(made.blobs, {"1": made.manifest})) as stub:
        with pytest.raises(RegistryError, match="is not a digest"):
            box.images.pull(f"{stub.address}/a:1")
        assert not [r for r in stub.requests if "other" in r.path or ".." in r.path]


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "../../../../etc/passwd"])
def test_names_in_a_docker_archive_are_members_only(box, name):
    made = imagebuild.image(layer(), how="plain")
    for entry in (
        {"Config": name, "RepoTags": ["a:1"], "Layers": []},
        {"Config": "c.json", "RepoTags": ["a:1"], "Layers": [name]},
    ):
        archive = layer(
            member("c.json", made.blobs[made.config]), member("manifest.json", json.dumps([entry]).encode())
        )
        path = f"{box.base}/archive"
        with open(path, "wb") as file:
            file.write(archive)
        with pytest.raises(HullError, match="the archive lacks"):
            box.images.load(path)

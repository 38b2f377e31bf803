import json

import pytest
from hull.errors import RegistryError, UserError
from hull.images import manifest, platforms
from hull.images.manifest import Index, Manifest
from hull.images.platforms import Platform

D, E, F = ("sha256:" + c * 64 for c in "def")
IMAGE = {"schemaVersion": 2, "config": {"digest": D, "size": 1}, "layers": [{"digest": E, "size": 2}]}


def parse(data, claimed=""):
    return manifest.parse(json.dumps(data).encode(), claimed)


def index(*entries):
    return Index(parse({"schemaVersion": 2, "manifests": list(entries)}).manifests)


def entry(digest, name="", **extra):
    system, _, rest = name.partition("/")
    architecture, _, variant = rest.partition("/")
    platform = {"platform": {"os": system, "architecture": architecture, "variant": variant}} if name else {}
    return {"digest": digest, "size": 1, "mediaType": manifest.OCI_MANIFEST, **platform, **extra}


ATTESTATION = entry(D, "unknown/unknown", annotations={"vnd.docker.reference.type": "attestation-manifest"})
AMD64 = Platform("linux", "amd64")


def test_an_image_manifest():
    found = parse(IMAGE)
    assert isinstance(found, Manifest)
    assert (found.config.digest, [layer.digest for layer in found.layers]) == (D, [E])


@pytest.mark.parametrize("claimed", ["text/plain", "application/json; charset=utf-8", "", "application/octet-stream"])
def test_b20_a_wrong_content_type_is_not_believed(claimed):
    assert isinstance(parse({**IMAGE, "mediaType": manifest.DOCKER_MANIFEST}, claimed), Manifest)


def test_b20_schema_1_is_named():
    with pytest.raises(RegistryError, match="schema 1"):
        parse({"schemaVersion": 1, "name": "a", "fsLayers": []})


@pytest.mark.parametrize("listed", [[ATTESTATION, entry(E, "linux/amd64")], [entry(E, "linux/amd64"), ATTESTATION]])
def test_b18_attestations_are_never_picked(listed):
    assert manifest.choose(index(*listed), AMD64, "a").digest == E


def test_b18_an_attestation_alone_is_no_image():
    with pytest.raises(UserError, match="no image for linux/amd64"):
        manifest.choose(index(ATTESTATION), AMD64, "a")
    with pytest.raises(UserError):
        manifest.choose(index(entry(D, "unknown/unknown"), entry(E, "unknown/unknown")), AMD64, "a")


def test_b21_the_error_lists_what_exists():
    with pytest.raises(UserError) as caught:
        manifest.choose(index(entry(D, "linux/arm64"), entry(E, "linux/arm/v7"), ATTESTATION), AMD64, "a:1")
    assert "a:1" in caught.value.message
    assert "linux/arm/v7, linux/arm64" in caught.value.hint


@pytest.mark.parametrize(
    ("wanted", "offers", "picked"),
    [
        ("linux/arm/v7", ["linux/arm/v6", "linux/arm/v7", "linux/arm/v5"], 1),
        ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6"], 1),
        ("linux/arm64", ["linux/arm64/v8"], 0),
        ("linux/arm64/v8", ["linux/arm64"], 0),
        ("linux/amd64", ["linux/amd64/v3", "linux/amd64"], 1),
        ("linux/amd64/v3", ["linux/amd64/v4", "linux/amd64", "linux/amd64/v2"], 2),
        ("linux/amd64", ["windows/amd64", "linux/amd64", "linux/amd64"], 1),
        ("linux/aarch64", ["linux/arm64"], 0),
    ],
)
def test_the_best_variant_is_picked(wanted, offers, picked):
    digests = (D, E, F)
    entries = [entry(digest, name) for digest, name in zip(digests, offers, strict=False)]
    assert manifest.choose(index(*entries), platforms.parse(wanted), "a").digest == digests[picked]


def test_a_variant_above_the_host_s_is_not_run():
    with pytest.raises(UserError):
        manifest.choose(index(entry(D, "linux/arm/v7")), platforms.parse("linux/arm/v6"), "a")


def test_one_manifest_without_a_platform_is_taken():
    assert manifest.choose(index(entry(D)), AMD64, "a").digest == D


BAD = [
    {**IMAGE, "manifests": []},
    {"schemaVersion": 2},
    {**IMAGE, "mediaType": manifest.OCI_INDEX},
    {"manifests": [], "mediaType": manifest.OCI_MANIFEST},
    {**IMAGE, "config": None},
    {**IMAGE, "layers": {}},
    {**IMAGE, "layers": ["x"]},
    {**IMAGE, "layers": [{"digest": E, "size": "2"}]},
    {**IMAGE, "layers": [{"digest": E, "size": -5}]},
    {**IMAGE, "layers": [{"digest": E, "size": 1}] * 501},
    [],
    "x",
]


@pytest.mark.parametrize("data", BAD)
def test_a_malformed_document_is_refused(data):
    with pytest.raises(RegistryError):
        parse(data)


def test_a_claimed_type_that_contradicts_is_refused():
    with pytest.raises(RegistryError, match="contradicts"):
        parse(IMAGE, manifest.OCI_INDEX)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(body):
    with pytest.raises(RegistryError):
        manifest.parse(body)


@pytest.mark.parametrize("text", ["", "/", "linux/", "a/b/c/d", "linux//x"])
def test_what_is_no_platform_is_refused(text):
    with pytest.raises(UserError):
        platforms.parse(text)

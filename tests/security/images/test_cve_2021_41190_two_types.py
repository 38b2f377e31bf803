"""CVE-2021-41190: one document that is an image to one reader and an index to another."""

import json

import pytest
from hull.errors import RegistryError
from hull.images import manifest

D = "sha256:" + "0" * 64
IMAGE = {"schemaVersion": 2, "config": {"digest": D, "size": 1}, "layers": [{"digest": D, "size": 1}]}
INDEX = {"schemaVersion": 2, "manifests": [{"digest": D, "size": 1}]}


@pytest.mark.parametrize("stated", [None, *manifest.ACCEPTED])
@pytest.mark.parametrize("claimed", ["", *manifest.ACCEPTED])
def test_both_at_once_is_refused_whatever_it_is_called(stated, claimed):
    data = {**IMAGE, **INDEX, **({"mediaType": stated} if stated else {})}
    with pytest.raises(RegistryError, match="could be read as an image and as an index"):
        manifest.parse(json.dumps(data).encode(), claimed)


@pytest.mark.parametrize("data", [IMAGE, INDEX])
def test_a_type_that_contradicts_the_content_is_refused(data):
    wrong = manifest.INDEXES if data is IMAGE else (manifest.OCI_MANIFEST, manifest.DOCKER_MANIFEST)
    for kind in wrong:
        with pytest.raises(RegistryError, match="contradicts"):
            manifest.parse(json.dumps({**data, "mediaType": kind}).encode())
        with pytest.raises(RegistryError, match="contradicts"):
            manifest.parse(json.dumps(data).encode(), kind)


def test_a_key_that_comes_twice_is_refused():
    with pytest.raises(RegistryError, match="twice"):
        manifest.parse(json.dumps(IMAGE)[:-1].encode() + b', "layers": []}')

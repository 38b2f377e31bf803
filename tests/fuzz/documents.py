"""Fuzz what reads a registry's documents: manifests, indexes, image configs, error messages."""

import contextlib
import json
import sys

from hull.errors import RegistryError, UserError
from hull.images import digests, imageconfig, manifest
from hull.images.platforms import Platform
from hull.images.refusals import message

from tests import imagebuild
from tests.fuzz import loop

MADE = imagebuild.image(imagebuild.layer(), run={"Cmd": ["a"], "Env": ["A=b"], "Labels": {"a": "b"}, "User": "1"})
INDEX = imagebuild.index(
    (MADE, {"platform": {"os": "linux", "architecture": "arm", "variant": "v7"}}),
    (
        MADE,
        {"platform": {"os": "unknown", "architecture": "unknown"}, "annotations": {"vnd.docker.reference.type": "a"}},
    ),
)[0]
SEEDS = [
    MADE.blobs[MADE.manifest],
    MADE.blobs[MADE.config],
    INDEX,
    b'{"errors":[{"message":"x"}]}',
    b'{"schemaVersion":1}',
]


def target(data: bytes) -> None:
    """A document is read, or refused as the registry's fault; whatever digest comes out is one."""
    with contextlib.suppress(RegistryError):
        document = manifest.parse(data, "text/plain")
        if isinstance(document, manifest.Index):
            found = document.manifests
            with contextlib.suppress(UserError):
                manifest.choose(document, Platform("linux", "amd64"), "x")
        else:
            found = (document.config, *document.layers)
        assert all(digests.valid(one.digest) for one in found)
    with contextlib.suppress(RegistryError):
        config = imageconfig.parse(data)
        assert json.loads(config.text)["rootfs"]["diff_ids"] == list(config.diff_ids)
    assert message(data).isprintable()


if __name__ == "__main__":
    sys.exit(loop.run(target, SEEDS, sys.argv))

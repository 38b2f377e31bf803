"""Fuzz the parsers of what users and registries write: references, challenges, platforms, digests."""

import contextlib
import sys

from hull.errors import UserError
from hull.images import challenge, digests, platforms, reference

from tests.fuzz import loop

SEEDS = [
    b"debian", b"quay.io:443/a/b_c__d-e.f:tag@sha256:" + b"0a" * 32, b"[::1]:5000/a:1", b"localhost/a", b"linux/arm/v7",
    b'Bearer realm="https://a/b",service="c",scope="repository:x:pull,push", Basic realm="q\\"uote"',
    b'Negotiate YWJj==, Digest qop=auth, x="', b"sha512:" + b"f" * 128,
]  # fmt: skip


def target(data: bytes) -> None:
    """What parses prints itself and parses again; what does not is a UserError; a header always ends."""
    text = data.decode("utf-8", "surrogateescape")
    with contextlib.suppress(UserError):
        found = reference.parse(text)
        assert reference.parse(str(found)) == found
        assert reference.parse(found.canonical) == found
        assert not {".", "..", ""} & set(found.repository.split("/"))
        assert "\n" not in found.canonical
    for one in challenge.parse(text):
        assert one.scheme
    with contextlib.suppress(UserError):
        wanted = platforms.parse(text)
        assert wanted.rank(wanted) == 0
    if digests.valid(text):
        assert text.replace(":", "").isalnum()


if __name__ == "__main__":
    sys.exit(loop.run(target, SEEDS, sys.argv))

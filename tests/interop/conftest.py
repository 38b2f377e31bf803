"""The peers with one image of every shape that buildah wrote: layers, configs and names as users' images have them."""

from collections.abc import Iterator

import pytest

from tests import registries
from tests.interop import peers
from tests.interop.peers import Peers

BUILT = """
c=$(buildah from scratch)
"$PYTHON" "$SHAPES" base "$(buildah mount $c)"
buildah config --env A='x y' --env E= --user 1000:7 --workingdir /keeps --cmd 'cat old' --label l=v --port 80 \
    --entrypoint '["/bin/sh","-c"]' --stop-signal SIGUSR1 --volume /data $c >&2
buildah commit -q $c localhost/one:1
"$PYTHON" "$SHAPES" change "$(buildah mount $c)"
buildah commit -q $c localhost/squashed:1
d=$(buildah from --pull-never localhost/one:1)
"$PYTHON" "$SHAPES" change "$(buildah mount $d)"
buildah commit -q $d localhost/two:1
"""


@pytest.fixture(scope="module")
def others() -> Iterator[Peers]:
    """Give the peers and an empty registry; their store holds one:1, two:1 of two layers, squashed:1 of one."""
    with registries.plain() as registry, peers.opened(registry.address) as found:
        found(BUILT)
        yield found

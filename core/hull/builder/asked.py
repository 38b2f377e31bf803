"""What was asked of a build: a frozen value that a front makes of its flags."""

from hull.light import IO, TYPE_CHECKING, NamedTuple
from hull.model import Ulimit

if TYPE_CHECKING:
    from hull.builder.joining import Joining
    from hull.builder.sharing import Place

Many = tuple[str, ...]


class Output(NamedTuple):
    """Where a result goes. `kind` is local, tar, oci, docker or image; `place` a path, or - for standard output.

    `names` are the image's further ones, `push` sends it to their registries; `archive` False makes a directory of oci.
    """

    kind: str
    place: str = ""
    names: Many = ()
    push: bool = False
    archive: bool = True


class Sent(NamedTuple):
    """A context that a client has sent: the tar's open file, None for nothing.

    `text` is the Dockerfile where it came apart from the context, and `ignore` the patterns of what is left out; None
    looks for both in the context, as Docker's engine does: what the patterns name was not sent.
    """

    file: "IO[bytes] | None"
    text: bytes | None = None
    ignore: str | None = None


class Asked(NamedTuple):
    """Docker's words, checked as far as words can be; "" and () are not said.

    `context` and `file` are as on the command line, relative to the caller's directory. `network` is RUN's default.
    `fresh` are stages that take nothing from the cache. `devices` are what RUN --device may ask for. `epoch` is
    SOURCE_DATE_EPOCH: seconds, None where it is not set. `sent` stands in place of a context that has a name. `only`
    are the images (ids) whose layers alone are taken from the cache; None for any. `whole`: stages before the target
    are built, needed or not. `keep` are the steps' containers that stay (builder.containers): none, failed ones or all.
    `joining` brings steps to networks of the user's own; without it there are none.
    """

    context: str
    file: str = ""
    tags: Many = ()
    target: str = ""
    arguments: Many = ()
    labels: Many = ()
    platform: str = ""
    network: str = "default"
    cache: bool = True
    pull: bool = False
    squash: bool = False
    outputs: tuple[Output, ...] = ()
    cache_from: "tuple[Place, ...]" = ()
    cache_to: "tuple[Place, ...]" = ()
    secrets: Many = ()
    ssh: Many = ()
    contexts: Many = ()
    hosts: Many = ()
    shm_size: int | None = None
    ulimits: tuple[Ulimit, ...] = ()
    epoch: int | None = None
    display: str = "plain"
    fresh: Many = ()
    devices: Many = ()
    check: bool = False
    sent: Sent | None = None
    only: Many | None = None
    whole: bool = False
    keep: str = ""
    joining: "Joining | None" = None

"""What was asked of a build: a frozen value that a front makes of its flags."""

from hull.light import NamedTuple
from hull.model import Ulimit

Many = tuple[str, ...]


class Asked(NamedTuple):
    """Docker's words, checked as far as words can be; "" and () are not said.

    `context` and `file` are as on the command line, relative to the caller's directory. `network` is RUN's default.
    `outputs` are (type, destination) pairs. `epoch` is SOURCE_DATE_EPOCH: seconds, None where it is not set.
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
    outputs: tuple[tuple[str, str], ...] = ()
    cache_from: Many = ()
    cache_to: Many = ()
    secrets: Many = ()
    ssh: Many = ()
    contexts: Many = ()
    hosts: Many = ()
    shm_size: int | None = None
    ulimits: tuple[Ulimit, ...] = ()
    epoch: int | None = None
    quiet: bool = False

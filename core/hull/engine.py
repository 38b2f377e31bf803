"""The only place where the parts are wired together: one Engine a process, everything in it made when first used."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hull import log, paths

if TYPE_CHECKING:
    from subprocess import Popen

    from hull.images.store import ImageStore
    from hull.kernel.features import Host
    from hull.model import Identity
    from hull.network import Networks
    from hull.runtime.session import Session
    from hull.state.containers import Containers
    from hull.state.db import Database


class Engine:
    """What a verb needs: places, state, this host's features, and the siblings that act on them."""

    def __init__(self, places: paths.Paths | None = None, events: log.Events = log.silent) -> None:
        self.paths = places or paths.find()
        self.events = events
        paths.prepare(self.paths)
        self._made: dict[str, object] = {}

"""The only place where the parts are wired together: one Engine a process, everything in it made when first used."""

import os

from hull import log, paths
from hull.light import TYPE_CHECKING, Any, NoReturn, made_once

if TYPE_CHECKING:
    from subprocess import Popen

    from hull.images.store import ImageStore
    from hull.kernel.features import Host
    from hull.model import Identity
    from hull.network import Networks
    from hull.runtime.launch import Launch
    from hull.runtime.session import Session
    from hull.runtime.warm import Warm
    from hull.state.containers import Containers
    from hull.state.db import Database
    from hull.state.events import Events
    from hull.storage.volumes import Volumes


class Engine:
    """What a verb needs: places, state, this host's features, and the siblings that act on them.

    `session` is a kept user namespace where a shell or kernel has loaded hull, None on the command line. `resident` is
    whether this process goes on when its containers start: it does not become the launcher.
    """

    def __init__(
        self, places: paths.Paths | None = None, events: log.Events = log.silent, session: "Session | None" = None
    ) -> None:
        self.paths = places or paths.find()
        self.events = events
        self.session = session
        self.resident = session is not None
        self.warm: Warm | None = None
        self._identities: dict[str, Identity] = {}
        self._outers: dict[Identity, Session] = {}
        paths.prepare(self.paths)
        if not os.path.exists(self.paths.database):
            from hull.kernel.filesystems import check_store
            from hull.storage import ballast

            check_store(self.paths.data)
            ballast.fill(self.paths.data)

    @made_once
    def db(self) -> "Database":
        """Open the database: what was asked."""
        from hull.state.db import Database

        return Database(self.paths.database)

    @made_once
    def host(self) -> "Host":
        """Know what this host can do, probed once a boot."""
        from hull.kernel.features import Host

        return Host(self.paths)

    @made_once
    def containers(self) -> "Containers":
        """Reach the containers' rows and files."""
        from hull.state.containers import Containers

        return Containers(self.db, self.paths)

    @made_once
    def history(self) -> "Events":
        """Reach what `hull events` prints; `events` is where progress goes."""
        from hull.state.events import Events

        return Events(self.paths)

    @made_once
    def images(self) -> "ImageStore":
        """Reach the images that are here, and the way to get more."""
        from hull.images.store import ImageStore

        return ImageStore(self.paths, self.db, self.events, self.confine)

    @made_once
    def networks(self) -> "Networks":
        """Reach the ways out of a network namespace."""
        from hull.network import Networks

        return Networks(self.host, self.events)

    @made_once
    def volumes(self) -> "Volumes":
        """Reach the volumes."""
        from hull.storage.volumes import Volumes

        return Volumes(self.paths, self.db)

    def identity(self, userns: str = "auto") -> "Identity":
        """Return how the caller's ids become a container's; `userns` as --userns takes it. Decided once a process."""
        if userns not in self._identities:
            from hull.runtime.idmaps import find

            self._identities[userns] = find(userns, self.events)
        return self._identities[userns]

    def hearing(self, events: log.Events) -> "Engine":
        """Return an engine over the same state and session whose events go elsewhere; it is not closed by itself."""
        import copy

        _ = self.db, self.host, self.containers, self.history, self.volumes  # made once, for both
        made = copy.copy(self)
        made.events = events
        for name in ("images", "networks"):
            made.__dict__.pop(name, None)
        return made

    def confined(self, flavour: str) -> "Identity":
        """Return the identity that `confine` gives a program: the caller's map, with one id where layers have one."""
        return self.identity("single" if flavour == "single" else "auto")

    def confine(self, argv: list[str], flavour: str = "range", **options: Any) -> "Popen[bytes]":
        """Start a program as root of a user namespace with the caller's map and nothing else new; Popen's options."""
        from hull.runtime.launch import confine

        return confine(argv, self.confined(flavour), self.session, **options)

    def become(self, launch: "Launch") -> NoReturn:
        """Replace this process with what run or exec prepared."""
        from hull.runtime.launch import become

        become(launch)

    def spawn(self, launch: "Launch", **options: Any) -> "Popen[bytes]":
        """Start what run or exec prepared as a child; Popen's options, and `popen`, a class to use in its place."""
        from hull.runtime.launch import spawn

        return spawn(launch, **options)

    def launcher(self) -> str:
        """Return the launcher's path."""
        from hull.runtime.launch import program

        return program()

    def keep(self, *, always: bool = False) -> None:
        """Open the session, once: later containers nest in its user namespace and pay no set-uid helper.

        Where the identity needs no helper there is nothing to save and nothing is kept, unless `always`: what nests can
        be given more networks while it runs.
        """
        self.resident = True
        identity = self.identity()
        if self.session is None and (identity.helpers or always):
            from hull.runtime.session import Session

            self.session = Session.open(identity)
        if self.session is not None and self.warm is None:
            self._warm_up(self.session)

    def _warm_up(self, session: "Session") -> None:
        """Keep a network namespace ready for the next container, unless HULL_WARM or the settings say no."""
        from hull import config

        if os.environ.get("HULL_WARM", "1") == "0" or not config.load(self.paths.config).warm:
            return
        uplink = self.networks.ahead()
        if uplink:
            from hull.runtime.warm import Warm

            self.warm = Warm(session, uplink)
            self.warm.prepare_soon()

    def outer(self, identity: "Identity") -> "Session":
        """Return a mapped user namespace for containers of `identity` to nest in: the session's, else one of ours."""
        if self.session is not None and self.session.holds(identity):
            return self.session
        if identity not in self._outers:
            from hull.runtime.session import Session

            self._outers[identity] = Session.open(identity)
        return self._outers[identity]

    def close(self) -> None:
        """Let go of the session and of the database, if they were opened."""
        while self._outers:
            self._outers.popitem()[1].close()
        if self.warm is not None:
            self.warm.close()
            self.warm = None
        if self.session is not None:
            self.session.close()
            self.session = None
        if "db" in self.__dict__:
            self.__dict__.pop("db").close()

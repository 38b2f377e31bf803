"""What is here to be named: containers, images, networks and volumes, read without waiting, kept between two keys.

Nothing is made or changed, no store either. What cannot be read at once is not there.
"""

import os
import time
from collections.abc import Iterator

from hull.errors import HostError, UserError
from hull.light import TYPE_CHECKING, NamedTuple, NoReturn
from hull.paths import Paths, find
from hull.state.containers import Container, Containers
from hull.state.glance import Glance

if TYPE_CHECKING:
    from hull.images.store import ImageStore
    from hull.model import Image, Spec

HOST = "host"  # the image that is this machine itself
CALM = 5.0  # seconds after which what a row says has happened


class Named(NamedTuple):
    """A container by its names, its state, and what is said about it."""

    id: str
    name: str
    state: str
    about: str


class Here:
    """One user's names. `look` is called before each question; what did not change since is not read again."""

    def __init__(self) -> None:
        self._root = self._directory = ""
        self._inode = 0
        self._paths: Paths | None = None
        self._db: Glance | None = None
        self._version = -1
        self._rows: list[Container] = []
        self._images: dict[str, tuple[str, float]] = {}
        self._specs: dict[str, Spec] = {}
        self._status: dict[str, tuple[tuple[int, ...], str]] = {}
        self._settled: dict[str, Named] = {}
        self._described: dict[str, str] = {}
        self._read_at = self._minute = 0
        self.environ: dict[str, str] = {}

    def look(self, environ: dict[str, str]) -> None:
        """Take the store that the environment names; without one there is nothing to name."""
        self.environ = environ
        places = find(environ)
        try:
            inode = os.stat(places.database).st_ino
        except OSError:
            inode = 0
        if self._db is not None and (places.database, inode) == (self._root, self._inode):
            return
        self.close()
        self._root, self._inode, self._paths = places.database, inode, places
        self._directory = places.containers
        try:
            self._db = Glance(places.database) if inode else None
        except HostError:
            self._inode = 0  # asked again with the next key

    def close(self) -> None:
        """Close the database and forget."""
        if self._db is not None:
            self._db.close()
        self._db, self._version, self._root = None, -1, ""
        for kept in (self._rows, self._images, self._status, self._settled, self._described):
            kept.clear()

    @property
    def paths(self) -> Paths:
        """The store's places."""
        if self._paths is None:
            raise UserError("no store", "hull pull makes one")
        return self._paths

    @property
    def places(self) -> Paths:
        """The places that the environment names, a store there or not."""
        return self._paths or find(self.environ)

    @property
    def db(self) -> Glance:
        """The store's database."""
        if self._db is None:
            raise UserError("no store", "hull pull makes one")
        return self._db

    def containers(self, prefix: str = "") -> list[Named]:
        """Return the containers whose name begins so, newest first."""
        return self._chosen([row for row in self._refreshed() if row.name.startswith(prefix)])

    def ids(self, prefix: str) -> list[Named]:
        """Return the containers whose id begins so, with their names in what is said; none for no prefix."""
        found = self._chosen([row for row in self._refreshed() if row.id.startswith(prefix)] if prefix else [])
        return [row._replace(about=f"{row.name} · {row.about}") for row in found]

    def images(self, prefix: str = "") -> list[tuple[str, str]]:
        """Return each reference that begins so, as people write it, and what is said about it."""
        self._refreshed()
        now, found = time.time(), []
        for name, (size, then) in self._images.items():
            if name.startswith(prefix):
                about = self._described.get(name)
                if about is None:
                    about = self._described[name] = f"{size} · {_age(now - then)}"
                found.append((name, about))
        return found

    def networks(self) -> list[tuple[str, str]]:
        """Return each network and its addresses."""
        if self._db is None:
            return []
        rows = self._db.rows("SELECT name, json_extract(settings, '$.subnets[0].subnet') FROM networks ORDER BY name")
        return [(str(name), f"network {subnet or ''}".rstrip()) for name, subnet in rows]

    def volumes(self) -> list[tuple[str, str]]:
        """Return each volume and its age; those that nobody named come last."""
        if self._db is None:
            return []
        made = self._db.rows("SELECT name, created, anonymous FROM volumes")
        known = {str(name): (float(str(created)), bool(anonymous)) for name, created, anonymous in made}
        try:
            names = os.listdir(self.paths.volumes)
        except OSError:
            return []
        ordered = sorted(names, key=lambda name: (known.get(name, (0, False))[1] or _looks_made_up(name), name))
        now = time.time()
        return [(n, f"volume · {_age(now - known[n][0])}" if n in known else "volume") for n in ordered]

    def store(self) -> "ImageStore":
        """Return the images' store, to resolve names in; it may not be asked to pull."""
        from hull.images.store import ImageStore
        from hull.log import silent

        return ImageStore(self.paths, self.db, silent, _refuse, stacked=True)

    def image(self, word: str) -> "Image | None":
        """Return an image that is unpacked, under whichever id map."""
        store = self.store()
        ident = store.identify(word)
        ready = (store.ready(ident, word, flavour) for flavour in ("range", "single")) if ident else ()
        return next((found for found in ready if found is not None), None)

    def container(self, word: str) -> Container | None:
        """Return the container that a word means."""
        self._refreshed()
        word = word.removeprefix("/")
        found = [row for row in self._rows if row.name == word or (word and row.id.startswith(word))]
        exact = [row for row in found if row.name == word] or found
        return Containers(self.db, self.paths).find(exact[0].id) if len(exact) == 1 else None

    def _refreshed(self) -> list[Container]:
        """Return the containers' rows, read again if anybody wrote since; what is said of ages holds for a minute."""
        if self._db is None:
            return []
        version, minute = self._db.version, int(time.monotonic() // 60)
        if version != self._version:
            self._rows, self._images = self._read(), self._read_images()
            self._version, self._read_at = version, int(time.monotonic())
        elif minute == self._minute:
            return self._rows
        self._minute = minute
        self._settled.clear()
        self._described.clear()
        return self._rows

    def _read(self) -> list[Container]:
        from hull.model import Image, Spec
        from hull.state.processes import Process

        none = Image("", "", ())
        rows = self.db.rows(
            "SELECT id, name, image, json_extract(spec, '$.image'), creator, created, remove, desired FROM containers"
            " ORDER BY created DESC, rowid DESC"
        )
        found = []
        for ident, name, image, reference, creator, created, remove, asked in rows:
            spec = self._specs.setdefault(str(reference), Spec(str(reference)))
            desired, _, remover = str(asked).partition(" ")
            at = float(str(created))
            who, by = Process.parse(str(creator)), Process.parse(remover)
            found.append(Container(str(ident), str(name), str(image), spec, none, who, at, bool(remove), desired, by))
        return found

    def _read_images(self) -> dict[str, tuple[str, float]]:
        from hull.units import size

        rows = self.db.rows("SELECT reference, size, created FROM tags JOIN images ON image = id ORDER BY reference")
        return {familiar(str(name)): (size(float(str(held))), float(str(at))) for name, held, at in rows}

    def _chosen(self, rows: list[Container]) -> list[Named]:
        settled, missing = self._settled, [row for row in rows if row.id not in self._settled]
        known = dict(self._looked_up(missing)) if missing else {}
        return [settled.get(row.id) or known[row.id] for row in rows]

    def _looked_up(self, rows: list[Container]) -> Iterator[tuple[str, Named]]:
        """Yield the rows with their states.

        One that has ended stays so until somebody writes that it starts, a moment before it does: later it is settled.
        A write of what the row says already is none to SQLite: it must be somebody else's, or change what is desired.
        """
        reach, now = Containers(self.db, self.paths), time.time()
        calm = time.monotonic() - self._read_at > CALM
        for row in rows:
            state = self._state(reach, row)
            named = Named(row.id, row.name, state, f"{state} · {row.spec.image} · {_age(now - row.created)}")
            if calm and state in ("exited", "created") and (row.desired == "stopped" or _over(row, state)):
                self._settled[row.id] = named
            yield row.id, named

    def _state(self, reach: Containers, row: Container) -> str:
        """Return the container's state; that of one that has ended is kept until its file changes."""
        try:
            found = os.stat(f"{self._directory}/{row.id}/status")
        except OSError:
            return reach.status(row).state
        mark = (found.st_mtime_ns, found.st_size, found.st_ino, hash(row.desired))
        kept = self._status.get(row.id)
        if kept is not None and kept[0] == mark:
            return kept[1]
        state = reach.status(row).state
        if state == "exited":
            self._status[row.id] = (mark, state)
        return state


def familiar(reference: str) -> str:
    """Return a reference as people write it."""
    return reference.removeprefix("docker.io/").removeprefix("library/")


def _age(seconds: float) -> str:
    from hull.units import span

    return f"{span(max(seconds, 0.0)).lower()} ago"


def _looks_made_up(name: str) -> bool:
    return len(name) == 64 and all(c in "0123456789abcdef" for c in name)  # noqa: PLR2004 (hex digits of an id)


def _refuse(*_words: object, **_options: object) -> NoReturn:
    raise UserError("nothing is started while a word is completed", "run the verb")


def _over(row: Container, state: str) -> bool:
    return state == "exited" and not row.creator.alive

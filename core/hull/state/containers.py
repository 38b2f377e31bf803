"""The containers: one row each for what was asked, one directory each for what happened."""

import os
import sqlite3
import time

from hull.errors import Conflict, Missing, UserError
from hull.light import NamedTuple
from hull.model import Image, Spec
from hull.paths import Paths
from hull.state import status
from hull.state.db import Database, as_json
from hull.state.locks import Lock, watched
from hull.state.processes import Process
from hull.state.status import NOBODY, Status

ADJECTIVES = (
    "able agile amber bold brave brisk calm candid clear clever coral crisp daring deft eager early fair fleet fond "
    "free fresh gentle glad golden grand happy hardy honest humble jolly keen kind light lively loyal lucky mellow "
    "merry mild neat nimble noble patient placid proud quick quiet ready rosy rugged sage serene sharp silver "
    "smooth snug solid spry steady stout sunny swift tidy true trusty vivid warm wise witty young zesty "
)
VESSELS = (
    "argo beagle bounty calypso catalina clipper corsair corvette cutter dhow discovery dory endeavour endurance "
    "ferry frigate fram galleon gondola hermione junk kayak ketch kontiki lugger mayflower nautilus nina packet "
    "pinta polaris prau punt santamaria schooner sampan scow skiff sloop squareship steamer tender terranova "
    "trawler trimaran tug umiak vasa victory whaler wherry xebec yawl "
)


class NoSuchContainer(Missing):
    """Nothing has the name, or an id that begins so."""


class NameInUse(Conflict):
    """A container has the name; `owner` is its id."""

    def __init__(self, message: str, hint: str, owner: str) -> None:
        super().__init__(message, hint)
        self.owner = owner


class Container(NamedTuple):
    """One row. `config` is the image as it was when the container was made.

    `desired` is what was last asked: running, stopped or removing; `creator` who last asked for a start, `remover` who
    asked for the removal.
    """

    id: str
    name: str
    image: str
    spec: Spec
    config: Image
    creator: Process
    created: float
    remove: bool
    desired: str = "running"
    remover: Process = NOBODY


class Containers:
    """Rows and directories of one user's containers."""

    def __init__(self, db: Database, paths: Paths) -> None:
        self._db = db
        self._paths = paths

    def add(self, ident: str, spec: Spec, config: Image) -> Container:
        """Record a new container under the spec's name, or one made up."""
        for attempt in range(20):
            name = spec.name or _name(attempt)
            row = Container(ident, name, config.id, spec, config, Process.own(), time.time(), spec.remove)
            try:
                self._insert(row)
            except sqlite3.IntegrityError:
                if spec.name and not self._free_stale(name):
                    owner = self.find(name)
                    raise NameInUse(
                        f"cannot create {name}: the name is in use by container {owner.id[:12]}",
                        f"hull rm {name}, or choose another --name",
                        owner.id,
                    ) from None
            else:
                return row
        raise UserError("cannot find a free name", "give one with --name")

    def _insert(self, row: Container) -> None:
        spec, config = as_json(row.spec.encode()), as_json(row.config.encode())
        self._rows(row.remove).write(
            "INSERT INTO containers (id, name, image, spec, config, creator, created, remove, desired)"  # noqa: S608 (bound)
            f" VALUES (?, ?, ?, {spec[0]}, {config[0]}, ?, ?, ?, ?)",
            *(row.id, row.name, row.image, *spec[1], *config[1], str(row.creator), row.created, row.remove),
            row.desired,
        )

    def _rows(self, remove: bool) -> Database:
        """Return where rows are written. Those of --rm do not wait for the disk: a stop of the machine ends them all.

        Where it takes one back, what is left is a directory without a row, or a row without a directory: both are
        met every day and cleaned up.
        """
        return self._db.behind if remove else self._db

    def _free_stale(self, name: str) -> bool:
        rows = [row for row in self.all() if row.name == name]
        return not rows or any(self.forget_if_gone(row) for row in rows)

    def all(self) -> list[Container]:
        """Return every row, newest first."""
        rows = self._db.rows(f"SELECT {COLUMNS} FROM containers ORDER BY created DESC, rowid DESC")  # noqa: S608 (a constant)
        images: dict[str, Image] = {}
        return [_decode(row, images) for row in rows]

    def orphans(self) -> list[Container]:
        """Return the --rm containers whose asking process is dead; forget those that were removed as they should be.

        A shell asks for thousands and lives on: what they leave is one look at a missing directory, once.
        """
        left, now = [], time.time()
        for ident, creator, created in self._db.rows("SELECT id, creator, created FROM containers WHERE remove = 1"):
            here = os.path.isdir(self._paths.container(str(ident)))
            if not here and now - float(str(created)) >= SETTLED:
                self._forget(str(ident), remove=True)
            elif here and not Process.parse(str(creator)).alive:
                left.append(ident)
        return [row for row in self.all() if row.id in left] if left else []

    def find(self, word: str) -> Container:
        """Return the container named so (Docker's /NAME, too), or whose id begins so; other words are errors."""
        word = word.removeprefix("/")
        found = self._db.rows(f"SELECT {COLUMNS} FROM containers WHERE name = ? OR id = ?", word, word)  # noqa: S608 (a constant)
        if not found and word and all(c in "0123456789abcdef" for c in word):
            found = self._db.rows(f"SELECT {COLUMNS} FROM containers WHERE id GLOB ?", word + "*")  # noqa: S608 (a constant)
        rows = [row for row in map(_decode, found) if not self.forget_if_gone(row)]
        if len(rows) == 1:
            return rows[0]
        if rows:
            raise UserError(f"cannot choose: {word} begins {len(rows)} container ids", "give more digits")
        raise NoSuchContainer(f"no such container: {word}", "hull ps -a lists them")

    def status(self, row: Container) -> Status:
        """Return what happened to it.

        One whose starter died before the launcher was there is exited, not created; one whose remover died is dead.
        """
        found = status.read(self._paths.container(row.id), row.creator.boot)
        if row.desired == "removing" and found.state != "gone" and not found.active:
            return found._replace(state="removing" if row.remover.alive else "dead")
        if row.desired == "running" and found.state == "created" and not found.parent.pid and not row.creator.alive:
            return found._replace(state="exited", exit_code=125, error="the process that asked for it was killed")
        return found

    def respecify(self, row: Container, spec: Spec) -> Container:
        """Record what was changed after the container was made."""
        text, bound = as_json(spec.encode())
        self._db.write(f"UPDATE containers SET spec = {text} WHERE id = ?", *bound, row.id)  # noqa: S608 (bound)
        return row._replace(spec=spec)

    def rename(self, row: Container, name: str) -> Container:
        """Record another name; sqlite3.IntegrityError where somebody has it."""
        self._db.write("UPDATE containers SET name = ? WHERE id = ?", name, row.id)
        return row._replace(name=name)

    def starting(self, row: Container, found: Status) -> bool:
        """Whether another process is about to start it: it asked, it lives, and nobody stands beside it yet."""
        asked = row.desired == "running" and found.state == "created" and not found.active
        if not asked or row.creator == Process.own():
            return False
        return row.creator.alive or watched(self._paths.container(row.id))

    def lock(self, row: Container, *, wait: bool = True) -> Lock:
        """Let nobody else start or remove the container inside the `with`; BlockingIOError without `wait`."""
        return Lock(self._paths.container(row.id), wait=wait)

    def begin(self, row: Container) -> Container:
        """Record that this process starts it now; what the last start told is over."""
        import contextlib

        changed = self.desire(row, "running")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self._paths.container(row.id)}/status")
        return changed

    def forget_if_gone(self, row: Container) -> bool:
        """Drop the row of a container whose directory was removed (--rm does that); tell whether it was."""
        if os.path.isdir(self._paths.container(row.id)) or (row.creator.alive and time.time() - row.created < SETTLED):
            return False
        self._forget(row.id, remove=row.remove)
        return True

    def desire(self, row: Container, desired: str) -> Container:
        """Record what is asked of the container from now on; of a start or a removal, that this process asked."""
        own = Process.own()
        changed = row._replace(
            desired=desired,
            creator=own if desired == "running" else row.creator,
            remover=own if desired == "removing" else row.remover,
        )
        word = f"{desired} {changed.remover}" if desired == "removing" else desired
        self._db.write(
            "UPDATE containers SET desired = ?, creator = ? WHERE id = ?", word, str(changed.creator), row.id
        )
        return changed

    def forget(self, ident: str) -> None:
        """Drop the row."""
        self._forget(ident, remove=False)

    def _forget(self, ident: str, *, remove: bool) -> None:
        self._rows(remove).write("DELETE FROM containers WHERE id = ?", ident)


SETTLED = 1.0  # seconds after which a row without a directory is no container about to be
PLAIN_NAMES = 5  # attempts before a number is added
COLUMNS = "id, name, image, spec, config, creator, created, remove, desired"


def _decode(row: tuple[object, ...], images: dict[str, Image] | None = None) -> Container:
    """Return a row's container; many of one image share what `images` keeps of it."""
    import json

    ident, name, image, spec, config, creator, created, remove, asked = row
    desired, _, remover = str(asked).partition(" ")
    image_config = images.get(str(config)) if images else None
    if image_config is None:
        image_config = Image.decode(json.loads(str(config)))
        if images is not None:
            images[str(config)] = image_config
    return Container(
        str(ident),
        str(name),
        str(image),
        Spec.decode(json.loads(str(spec))),
        image_config,
        Process.parse(str(creator)),
        float(str(created)),
        bool(remove),
        desired,
        Process.parse(remover),
    )


def _name(attempt: int) -> str:
    first, second, third = os.urandom(3)
    name = f"{_pick(ADJECTIVES, first)}_{_pick(VESSELS, second)}"
    return name if attempt < PLAIN_NAMES else f"{name}{third}"


def _pick(words: str, number: int) -> str:
    choices = words.split()
    return choices[number % len(choices)]

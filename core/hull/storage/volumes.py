"""Volumes: a directory each, made whole under another name and given its own; what was said of it is a row.

A directory is the volume: launchers remove those that go with their containers, and know no database.
"""

import os

from hull.errors import Conflict, Missing, UserError
from hull.light import TYPE_CHECKING, NamedTuple
from hull.paths import Paths
from hull.state.locks import Lock

if TYPE_CHECKING:
    from hull.state.db import Database
    from hull.state.volumes import VolumeRecord, VolumeRows

ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
ANONYMOUS = 64  # hex digits that a volume nobody named is called
SHARED = "shared"  # beside _data: another container took it by --volumes-from, its own must leave it
Owner = tuple[int, int] | None


class NoSuchVolume(Missing):
    """Nothing has the name."""


class Volume(NamedTuple):
    """One volume. `path` is its content; `options` the driver's words; `created` seconds since the epoch."""

    name: str
    path: str
    labels: dict[str, str]
    options: dict[str, str]
    anonymous: bool
    created: float

    @property
    def device(self) -> str:
        """The directory of the host that it stands for, "" where it has its own."""
        return self.options.get("device", "")


class Volumes:
    """The volumes of one user's store."""

    def __init__(self, paths: Paths, db: "Database") -> None:
        self._paths, self._db = paths, db

    @property
    def rows(self) -> "VolumeRows":
        """What was said of volumes."""
        from hull.state.volumes import VolumeRows

        return VolumeRows(self._db)

    def lock(self) -> Lock:
        """Let nobody make or remove a volume inside the `with`."""
        return Lock(self._paths.volumes)

    def all(self) -> list[Volume]:
        """Return every volume by its name; rows of those that are gone go, too."""
        said = self.rows.all()
        names = sorted(name for name in os.listdir(self._paths.volumes) if usable(name))
        for name in said.keys() - set(names):
            self.rows.forget(name)
        return [self._volume(name, said.get(name)) for name in names]

    def find(self, name: str) -> Volume:
        """Return the volume of that name."""
        if not usable(name) or not os.path.isdir(self._place(name)):
            raise NoSuchVolume(f"no such volume: {name}", "hull volume ls lists them")
        return self._volume(name, self.rows.get(name))

    def create(self, name: str, owner: Owner, labels: dict[str, str], options: dict[str, str]) -> tuple[Volume, bool]:
        """Return the volume and whether it is new; "" makes up a name. One that is there keeps what was said of it."""
        anonymous = not name
        name = name or os.urandom(ANONYMOUS // 2).hex()
        must_be_usable(name)
        with self.lock():
            if os.path.isdir(self._place(name)):
                found = self.find(name)
                if options and options != found.options:
                    raise Conflict(
                        f"cannot create the volume {name}: it is there with other options",
                        f"hull volume rm {name}, or choose another name",
                    )
                return found, False
            record = self.rows.add(name, labels, options, anonymous=anonymous)
            self.make(name, owner)
        return self._volume(name, record), True

    def ensure(self, name: str, owner: Owner, labels: dict[str, str], options: dict[str, str]) -> tuple[Volume, bool]:
        """Return the volume that a container mounts and whether it is new; without words nothing is recorded."""
        must_be_usable(name)
        if labels or options:
            return self.create(name, owner, labels, options)
        with self.lock():
            new = not os.path.isdir(self._place(name))
            said = self.rows.get(name)
            if new:
                self.make(name, owner)
            if new and said:
                self.rows.forget(name)
        return self._volume(name, None if new else said), new

    def make(self, name: str, owner: Owner) -> None:
        """Make the directory, for the container's root; the caller holds the lock."""
        scratch = f"{self._paths.scratch}/volume-{os.urandom(8).hex()}"
        make(f"{scratch}/_data", owner)
        os.rename(scratch, self._place(name))

    def aside(self, name: str) -> str:
        """Take the volume's name away; return where it lies now, to be removed. The caller holds the lock."""
        scratch = f"{self._paths.scratch}/volume-{os.urandom(8).hex()}"
        os.rename(self._place(name), scratch)
        self.rows.forget(name)
        return scratch

    def share(self, name: str) -> None:
        """Keep the launcher of the container that it goes with from removing it."""
        with open(f"{self._place(name)}/{SHARED}", "w", encoding="ascii"):
            pass

    def is_shared(self, name: str) -> bool:
        """Whether `share` was called on it."""
        return os.path.exists(f"{self._place(name)}/{SHARED}")

    def _place(self, name: str) -> str:
        return f"{self._paths.volumes}/{name}"

    def _volume(self, name: str, record: "VolumeRecord | None") -> Volume:
        path = f"{self._place(name)}/_data"
        if record is None:
            return Volume(name, path, {}, {}, is_unnamed(name), os.stat(self._place(name)).st_mtime)
        return Volume(name, path, record.labels, record.options, record.anonymous, record.created)


def usable(name: str) -> bool:
    """Whether a volume can be called so."""
    return bool(name) and name[0] not in "_.-" and ALLOWED.issuperset(name)


def must_be_usable(name: str) -> None:
    """Refuse what no volume can be called."""
    if not usable(name):
        raise UserError(
            f"cannot use the volume {name!r}: names are letters, digits, '_', '.', '-'",
            "a host path begins with / or ./",
        )


def is_unnamed(name: str) -> bool:
    """Whether the name has the form of one that was made up."""
    return len(name) == ANONYMOUS and not name.strip("0123456789abcdef")


def make(path: str, owner: Owner) -> str:
    """Make a volume's directory, if missing, for the container's root; the one above it is the volume's alone."""
    if not os.path.isdir(path):
        os.makedirs(path, 0o755)
        if owner:
            os.chmod(os.path.dirname(path), 0o711)  # noqa: S103 (root's store is traversable)
            os.chown(path, *owner)
    return path

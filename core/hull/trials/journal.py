"""What keep has done and may still have to do to this machine's files: a directory for each transaction in the store.

    ROOT/kept/journal.lock    held by whoever changes anything here
    ROOT/kept/unfinished      a link to the id of the transaction that is under way; there only as long as one is
    ROOT/kept/<id>/plan       JSON lines, always replaced whole: the head, a line a directory or file whose metadata
                              changes, a line an entry that changes
    ROOT/kept/<id>/slots/N    the version of entry N that is not on the host: the old one after keep, the kept one
                              after undo

A transaction is an exchange between host and slots, so undo is the same one again and redo once more. States of one
pass: preparing (nothing on the host has changed but hidden new entries beside the old), prepared (these are whole:
from here on it is finished, not rolled back), applied (every entry is exchanged), settled. `reverting` is a pass that
met something after prepared and goes back.
"""

import os

from hull.light import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

PREPARING, PREPARED, REVERTING, APPLIED, SETTLED = "preparing", "prepared", "reverting", "applied", "settled"
UNFINISHED = "unfinished"
LOCK = "journal"


class Mark(NamedTuple):
    """What tells one version of an entry from every other: a later change of any kind shows in `changed`, st_ctime."""

    device: int
    inode: int
    mode: int
    uid: int
    gid: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Mark":
        """Return the mark of what was found."""
        owner = found.st_mode, found.st_uid, found.st_gid
        return cls(found.st_dev, found.st_ino, *owner, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    @property
    def file(self) -> tuple[int, int]:
        """The file itself, whatever its names and metadata."""
        return self.device, self.inode

    def renamed(self, other: "Mark | None") -> bool:
        """Whether it can be `other` after a rename, which changes st_ctime alone."""
        return other is not None and self[:-1] == other[:-1]


class Meta(NamedTuple):
    """Metadata that is set where the entry is. `attributes` None are left as they are."""

    mode: int
    uid: int
    gid: int
    accessed: int
    modified: int
    attributes: tuple[tuple[str, str], ...] | None = None


class Place(NamedTuple):
    """A directory or file that stays the file it is; `here` is its metadata before the pass, `there` after it.

    `asked`: the metadata is what was kept, not only what the exchange of its entries leaves behind.
    """

    path: str
    device: int
    inode: int
    here: Meta
    there: Meta
    asked: bool = False


class Unit(NamedTuple):
    """One name of the host: the entry `here` gives way to `there`; None is nothing.

    It always gives way as a whole, by rename: other names of the same file keep the old version, as they did in the
    try. Writing in place would change names that nobody looked at, in a package store or a backup.
    `prints` tell of everything below a directory that came: relative path and mark.
    """

    number: int
    path: str
    here: Mark | None = None
    there: Mark | None = None
    prints: tuple[tuple[str, Mark], ...] = ()


class Head(NamedTuple):
    """What a transaction is. `made` and `turned`, when it last settled, are seconds since the epoch.

    `kept` is whether the host has the try's version, once the pass is settled. `token` makes hidden names nobody's
    else; `container` is the try's id, `name` its name.
    """

    id: str
    state: str
    kept: bool
    made: float
    name: str = ""
    added: int = 0
    changed: int = 0
    removed: int = 0
    passes: int = 0
    container: str = ""
    token: str = ""
    turned: float = 0.0
    version: int = 1


class Plan(NamedTuple):
    """A transaction as the store has it; `directory` is its own."""

    directory: str
    head: Head
    places: tuple[Place, ...] = ()
    units: tuple[Unit, ...] = ()

    def slot(self, unit: Unit) -> str:
        """Return where the other version of an entry is kept."""
        return f"{self.directory}/slots/{unit.number}"

    def staged(self, unit: Unit) -> bytes:
        """Return the hidden name beside an entry."""
        return f".hull-{self.head.id}-{self.head.token}-{unit.number}".encode()

    def at(self, state: str, **changed: Any) -> "Plan":
        """Record a state, whole and synced, and return the plan in it."""
        plan = self._replace(head=self.head._replace(state=state), **changed)
        _write(plan)
        return plan


def home(data: str) -> str:
    """Return where the transactions of a store are."""
    return f"{data}/kept"


def unfinished(data: str) -> str:
    """Return the id of the transaction that is under way or was cut off, "" if there is none."""
    try:
        return os.readlink(f"{home(data)}/{UNFINISHED}")
    except FileNotFoundError:
        return ""


def held(data: str, *, wait: bool = True) -> "AbstractContextManager[bool]":
    """Hold the lock of all transactions; the block gets False where another has it and `wait` is not wanted."""
    from hull.state import lockfiles

    os.makedirs(home(data), 0o700, exist_ok=True)
    return lockfiles.held(home(data), LOCK, wait=wait)


def begin(data: str, head: Head, places: tuple[Place, ...], units: tuple[Unit, ...]) -> Plan:
    """Write a new transaction down and mark it as under way. The lock is held."""
    directory = f"{home(data)}/{head.id}"
    os.makedirs(f"{directory}/slots", 0o700)
    return open_again(Plan(directory, head, places, units))


def open_again(plan: Plan) -> Plan:
    """Mark a transaction as under way, durably, and then as preparing: what is that is never unmarked."""
    parent = os.path.dirname(plan.directory)
    os.symlink(plan.head.id, f"{parent}/{UNFINISHED}")
    sync_directory(parent)
    return plan.at(PREPARING)


def close(plan: Plan) -> None:
    """Mark that nothing is under way any more."""
    parent = os.path.dirname(plan.directory)
    os.unlink(f"{parent}/{UNFINISHED}")
    sync_directory(parent)


def sync_directory(path: str) -> None:
    """Make the names in a directory durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write(plan: Plan) -> None:
    import json

    lines = [json.dumps(plan.head), *(json.dumps(["place", *one]) for one in plan.places)]
    lines += [json.dumps(["unit", *one]) for one in plan.units]
    path = f"{plan.directory}/plan"
    with open(f"{path}.new", "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(f"{path}.new", path)
    sync_directory(plan.directory)

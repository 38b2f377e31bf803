"""--rw PATH: a directory of the host itself in a try. What is there is live, so what leads out of it is closed.

A socket or FIFO below such a path would be reachable (a mount of the host's own inode), a hook or start-up file in it
would run outside. `PATH:force` insists: nothing is refused and nothing below it is closed.
"""

import os
import stat

from hull.errors import UserError
from hull.light import NamedTuple
from hull.model import Mount
from hull.storage.trialmounts import is_at_or_below, is_below
from hull.trials.environment import Around

FORCE = ":force"
MOST = 200_000  # entries that are looked at
MOST_CLOSED = 256
SYSTEM = (
    "/boot",
    "/dev",
    "/etc",
    "/proc",
    "/root",
    "/run",
    "/sys",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/var/spool",
)


class Live(NamedTuple):
    """`mounts` in order; `notes` say what was closed below a path."""

    mounts: tuple[Mount, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def paths(self) -> frozenset[str]:
        """The directories that stay live."""
        return frozenset(mount.target for mount in self.mounts if not mount.readonly and mount.source == mount.target)


def live(words: tuple[str, ...], around: Around, hidden: tuple[str, ...], empty: str) -> Live:
    """Return the mounts of these paths; `hidden` are secrets, `empty` the file that covers a socket.

    UserError where a path is too much: the home directory, the system, a place whose files are run outside.
    """
    mounts: list[Mount] = []
    notes: list[str] = []
    for word in words:
        path, forced = os.path.realpath(word.removesuffix(FORCE)), word.endswith(FORCE)
        if not os.path.isdir(path):
            raise UserError(f"cannot leave {path} open for writing: it is no directory", "check the path")
        if not forced:
            _refuse(path, around, hidden)
        mounts.append(Mount("bind", path, path, options=("rec",)))
        if not forced:
            closed = _leading_out(path)
            mounts += [Mount("bind", empty, one, readonly=True) for one in closed]
            guarded = _guarded(path)
            mounts += _guards(path, guarded)
            notes += _told(path, closed, guarded)
    return Live(tuple(mounts), tuple(notes))


def started() -> tuple[str, ...]:
    """Return the directories, relative to home, whose files are run or trusted later: those of `touchy`'s table."""
    from hull.trials import touchy

    words = (word for _, _, patterns in touchy.TABLE for word in patterns)
    found = (word[2:-3] for word in words if word.startswith("~/") and word.endswith("/**"))
    return tuple(word for word in found if "*" not in word)


def hooks() -> tuple[str, ...]:
    """Return the paths of a project that something runs later: those of `touchy`'s table that have no pattern."""
    from hull.trials import touchy

    words = (word for kind, _, patterns in touchy.TABLE if kind == touchy.HOOK for word in patterns)
    found = (word.removeprefix("**/").removesuffix("/**") for word in words)
    return tuple(word for word in found if "*" not in word)


def _guards(path: str, guarded: list[str]) -> list[Mount]:
    """Return mounts that keep these read-only. What lies above them is a mount too: else it could be renamed away.

    Each is found below `path`, whatever has become of it meanwhile: a link in its place leads nowhere else.
    """
    above: dict[str, None] = {}
    for one in guarded:
        place = os.path.dirname(one)
        while place != path:
            above[place] = None
            place = os.path.dirname(place)
    return [
        *(_below(path, place) for place in sorted(above) if place not in guarded),
        *(_below(path, one, readonly=True) for one in guarded),
    ]


def _guarded(path: str) -> list[str]:
    """Return what is there of `hooks`, nothing below another; no link is followed, it would lead out."""
    there = (f"{path}/{name}" for name in hooks())
    real = [one for one in there if os.path.lexists(one) and os.path.realpath(one) == one]
    return [one for one in real if not any(is_below(one, other) for other in real)]


def _below(path: str, place: str, *, readonly: bool = False) -> Mount:
    return Mount("bind", path, place, readonly, ("rec", f"subpath={os.path.relpath(place, path)}"))


def _told(path: str, closed: list[str], guarded: list[str]) -> list[str]:
    text = [f"{len(closed)} sockets and FIFOs are closed"] if closed else []
    text += [f"{', '.join(os.path.relpath(one, path) for one in guarded)} can be read only"] if guarded else []
    return [f"below {path}: {'; '.join(text)}"] if text else []


def _refuse(path: str, around: Around, hidden: tuple[str, ...]) -> None:
    home = os.path.realpath(around.home)
    if is_at_or_below(home, path):
        raise _too_much(path, "your start-up files, keys and everything else of yours lie in it")
    for place in around.store:
        if _meet(path, os.path.realpath(place)):
            raise UserError(
                f"cannot leave {path} open for writing: hull's own store is there", "name another directory"
            )
    for place in SYSTEM:
        if _meet(path, place) and not is_at_or_below(path, home):
            raise _too_much(path, f"the system's own files are in {place}")
    for place in (*(f"{home}/{name}" for name in started()), *_programs(around, home)):
        if _meet(path, place):
            raise _too_much(path, f"what lies in {place} is run or trusted outside")
    for place in hidden:
        if is_at_or_below(path, place):
            raise _too_much(path, f"{place} is hidden")


def _too_much(path: str, why: str) -> UserError:
    return UserError(
        f"cannot leave {path} open for writing: {why}", f"name a directory further down, or insist: --rw {path}{FORCE}"
    )


def _meet(path: str, place: str) -> bool:
    return is_at_or_below(path, place) or is_at_or_below(place, path)


def _programs(around: Around, home: str) -> list[str]:
    """Return the directories of PATH that are in the home directory."""
    places = (os.path.realpath(place) for place in around.environ.get("PATH", "").split(":") if place.startswith("/"))
    return [place for place in places if is_at_or_below(place, home)]


def _leading_out(path: str) -> list[str]:
    """Return the sockets and FIFOs below a directory; UserError where there are too many, or too much to look at."""
    found: list[str] = []
    seen, pending = 0, [path]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        seen += len(entries)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
            elif not entry.is_file(follow_symlinks=False) and not entry.is_symlink() and _leads(entry):
                found.append(entry.path)
        if seen > MOST or len(found) > MOST_CLOSED:
            raise _too_much(path, "it holds more than can be searched for sockets")
    return sorted(found)


def _leads(entry: "os.DirEntry[str]") -> bool:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return False
    return stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)

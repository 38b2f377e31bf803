"""A try's upper tree: D/upper mirrors `/` whatever the engine, and each layer that was frozen has the same form."""

import os
import stat

from hull.light import NamedTuple
from hull.model import Identity, IdMap, id_outside
from hull.storage.overlay import is_opaque

OWNER = stat.S_IWUSR | stat.S_IXUSR


class Stack(NamedTuple):
    """Where a try's changes go. `frozen` are older layers, the highest first; `owner` is None for the caller's own."""

    directory: str
    frozen: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    @property
    def upper(self) -> str:
        """The tree that mirrors `/`."""
        return f"{self.directory}/upper"

    def mkdir(self, path: str, mode: int = 0o700) -> None:
        """Make a directory that the container's root owns."""
        os.mkdir(path)
        os.chmod(path, mode)
        if self.owner:
            os.chown(path, *self.owner)


class Prepared(NamedTuple):
    """`pieces` are there; `closed` are not, since in a layer their place is another id's.

    `others` are upper directories by the host's (uid, gid) of their owners: the caller cannot give them away.
    """

    pieces: tuple[str, ...]
    closed: tuple[str, ...]
    others: dict[tuple[int, int], list[str]]


def prepare(stack: Stack, identity: Identity, paths: tuple[str, ...]) -> Prepared:
    """Make the upper directories of pieces and those above them, as the host's are: untouched, they are no change.

    A piece whose place was removed or replaced in a layer is none: what the layers hold is all of it.
    """
    dated: dict[str, os.stat_result] = {}
    found: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    others: dict[tuple[int, int], list[str]] = {}
    made: list[tuple[str, os.stat_result]] = []
    for path in paths:
        if os.path.isdir(path) and lowers_of(stack, path):
            found[_mirror_way(stack, path, dated, made)].append(path)
    for place in sorted(dated, reverse=True):
        _date(f"{stack.upper}{place}", dated[place])
    own = stack.owner or (os.geteuid(), os.getegid())
    for place, known in made:
        owners = on_disk(identity, known)
        if owners != own:
            others.setdefault(owners, []).append(stack.upper + place)
    return Prepared(tuple(found[True]), tuple(found[False]), others)


def _mirror_way(
    stack: Stack, path: str, dated: dict[str, os.stat_result], made: list[tuple[str, os.stat_result]]
) -> bool | None:
    """Make what is missing of a piece's upper directory, note what modes and times it and those above are to have.

    False where another id has closed one of them, None where the host's directory is gone meanwhile.
    """
    place = ""
    for name in path.strip("/").split("/"):
        above, place = place, f"{place}/{name}"
        if os.path.isdir(stack.upper + place):
            continue
        try:
            before, known = os.stat(f"{stack.upper}{above}"), os.stat(place)
            dated.setdefault(above, before)
            _open(stack.upper + above, before)
            _mirror(stack, place)
        except PermissionError:
            return False
        except FileNotFoundError:
            return None
        dated[place] = known
        made.append((place, known))
    return True


def _open(directory: str, known: os.stat_result) -> None:
    """Let the caller make names in a directory of their own, whose mode `prepare` puts back."""
    if known.st_uid == os.geteuid() and known.st_mode & OWNER != OWNER:
        os.chmod(directory, stat.S_IMODE(known.st_mode) | OWNER)


def _date(directory: str, known: os.stat_result) -> None:
    try:
        os.chmod(directory, stat.S_IMODE(known.st_mode))
        os.utime(directory, ns=(known.st_atime_ns, known.st_mtime_ns))
    except PermissionError:
        return  # given away at an earlier start: it keeps its mode, and its time is no change that is told


def _mirror(stack: Stack, path: str) -> None:
    """Make one upper directory with what attributes may be set; its mode, the host's, comes last."""
    target = stack.upper + path
    stack.mkdir(target)
    try:
        names = [name for name in os.listxattr(path) if name.startswith("user.")]
        for name in names:
            os.setxattr(target, name, os.getxattr(path, name))
    except OSError:
        return  # not readable, or not settable: told as a change


def on_disk(identity: Identity, known: os.stat_result) -> tuple[int, int]:
    """Return the host's ids that an upper file has to have to be seen as this file of the host is to be.

    Inside, the caller is 0 or (keep-id) who they are, others are themselves; who is not mapped is root.
    """
    keeps = identity.flavour == "keep-id"
    uid = 0 if known.st_uid == os.geteuid() and not keeps else known.st_uid
    gid = 0 if known.st_gid == os.getegid() and not keeps else known.st_gid
    return _outside(identity.uids, uid), _outside(identity.gids, gid)


def _outside(extents: tuple[IdMap, ...], inside: int) -> int:
    found = (id_outside(extents, one) for one in (inside, 0))
    return next((one for one in found if one is not None), extents[0].outside)


def lowers_of(stack: Stack, path: str) -> tuple[str, ...]:
    """Return what lies below a piece's upper directory, the highest first; () where the layers have replaced it."""
    if replaced(stack.upper, path):
        return ()
    lowers = []
    for layer in stack.frozen:
        if replaced(layer, path):
            return ()
        if os.path.isdir(layer + path):
            lowers.append(layer + path)
    return (*lowers, path)


def replaced(layer: str, path: str) -> bool:
    """Whether a layer hides what is below it at `path`: a whiteout, another kind of file or an opaque directory."""
    place = layer
    for name in path.strip("/").split("/"):
        place = f"{place}/{name}"
        try:
            if not stat.S_ISDIR(os.lstat(place).st_mode):
                return True
        except FileNotFoundError:
            return False
        except OSError:
            continue
        if is_opaque(place):
            return True
    return False


def has_directory(stack: Stack, path: str) -> bool:
    """Whether a directory of that path is there inside, in a layer or on the host."""
    for layer in (stack.upper, *stack.frozen):
        if os.path.isdir(layer + path):
            return True
        if replaced(layer, path):
            return False
    return os.path.isdir(path)

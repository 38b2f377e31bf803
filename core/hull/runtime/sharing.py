"""A container in the pid or IPC namespace of another one, and so in its user namespace, which owns them.

Source: setns(2), ioctl_ns(2), user_namespaces(7).
"""

import fcntl
import os

from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Identity, IdMap, Spec
from hull.runtime.ops import Op

if TYPE_CHECKING:
    from collections.abc import Iterable

NS_GET_PARENT = 0xB702
CONTAINER = "container:"


class Door(NamedTuple):
    """The process by whose namespaces another container is entered: its pid, and the tick it started at."""

    pid: int
    start: int

    def space(self, kind: str) -> int:
        """Return the number of one of its namespaces; 0 where it is gone."""
        try:
            return os.stat(f"/proc/{self.pid}/ns/{kind}").st_ino
        except OSError:
            return 0

    def parent(self) -> int:
        """Return the number of the user namespace that its own nests in; 0 where that is none of the caller's."""
        try:
            fd = os.open(f"/proc/{self.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return 0
        try:
            above = fcntl.ioctl(fd, NS_GET_PARENT)
        except OSError:
            return 0
        finally:
            os.close(fd)
        try:
            return os.fstat(above).st_ino
        finally:
            os.close(above)

    def maps_as(self, identity: Identity) -> bool:
        """Whether the ids in its user namespace are those of `identity`."""
        wanted = merged(identity.uids), merged(identity.gids)
        return (self._map("uid_map"), self._map("gid_map")) == wanted

    def _map(self, name: str) -> list[IdMap]:
        try:
            with open(f"/proc/{self.pid}/{name}", encoding="ascii") as file:
                return merged(IdMap(*map(int, line.split())) for line in file)
        except OSError:
            return []


def merged(lines: "Iterable[IdMap]") -> list[IdMap]:
    """Return a map's lines in order, those that continue each other as one."""
    found: list[IdMap] = []
    for inside, outside, count in sorted(lines):
        last = found[-1] if found else None
        if last and (last.inside + last.length, last.outside + last.length) == (inside, outside):
            found[-1] = IdMap(last.inside, last.outside, last.length + count)
        else:
            found.append(IdMap(inside, outside, count))
    return found


def kinds(spec: Spec) -> tuple[str, ...]:
    """Return which namespaces a spec takes from another container."""
    return tuple(kind for kind in ("pid", "ipc") if getattr(spec, kind).startswith(CONTAINER))


def op(door: Door, spec: Spec) -> Op:
    """Return the op that enters them."""
    return ("share", str(door.pid), str(door.start), ",".join(("user", *kinds(spec))))


def identity_ops(made: list[Op]) -> list[Op]:
    """Return the ops of an identity whose user namespace is there and mapped: its map is still told."""
    return [op for op in made if op[0] not in ("userns-new", "map-helpers")]

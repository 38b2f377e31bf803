"""The part of a container's life that concerns whose processes and whose IPC it shares."""

import os

from hull.engine import Engine
from hull.errors import HostError, Missing, UserError
from hull.light import TYPE_CHECKING
from hull.model import Spec
from hull.runtime import plan, sharing
from hull.runtime.sharing import CONTAINER, Door
from hull.state.containers import Container

if TYPE_CHECKING:
    from hull.runtime.session import Session

WHAT = {"pid": "processes", "ipc": "IPC"}
LENT = ("shareable", CONTAINER)  # modes of an IPC that others may have, too


def known(engine: Engine, spec: Spec) -> Spec:
    """Return the spec of a new container with the ids of those whose namespaces it shares, and their map of ids."""
    for kind in sharing.kinds(spec):
        target = _named(engine, kind, getattr(spec, kind).removeprefix(CONTAINER))
        theirs = target.spec.userns
        if spec.userns not in ("auto", theirs):
            raise UserError(
                f"cannot share the {WHAT[kind]} of {target.name}: its user namespace maps ids by --userns {theirs}, "
                f"not {spec.userns}",
                "leave --userns out",
            )
        mode = f"{CONTAINER}{target.id}"
        spec = spec._replace(userns=theirs, pid=mode) if kind == "pid" else spec._replace(userns=theirs, ipc=mode)
    if "ipc" in sharing.kinds(spec) and spec.shm_size not in (None, plan.DEFAULT_SHM):
        raise UserError(
            "cannot set the size of /dev/shm: it is that of the container whose IPC is shared",
            "leave --shm-size out, or say it where that one is created",
        )
    return spec


def _named(engine: Engine, kind: str, name: str) -> Container:
    try:
        return engine.containers.find(name)
    except Missing:
        raise UserError(f"cannot share {WHAT[kind]}: No such container: {name}", "hull ps -a lists them") from None


def find(engine: Engine, spec: Spec, outer: "Session | None") -> Door:
    """Return by which process the namespaces are entered; the errors of what cannot be are here, and Docker's words.

    `outer` owns the container's network, None where the shared user namespace does.
    """
    doors = {kind: _door(engine, kind, spec) for kind in sharing.kinds(spec)}
    one = next((door for door in doors.values() if _has_all(door, doors)), None)
    if one is None:
        raise UserError(
            "cannot share the processes of one container and the IPC of another: each has a user namespace of its own",
            f"share both of one, or create the other one with --pid {spec.pid}",
        )
    if not one.maps_as(engine.identity(spec.userns)):
        raise UserError(
            "cannot share namespaces: the container they are of runs with another map of ids",
            "start that one anew",
        )
    if outer is not None and os.fstat(outer.fd).st_ino not in (one.parent(), one.space("user")):
        raise UserError(
            "cannot share namespaces: the network and they belong to user namespaces that know nothing of each other",
            "start the other container on the same network, with --network or --egress, too",
        )
    return one


def _has_all(door: Door, doors: dict[str, Door]) -> bool:
    return all(0 != door.space(kind) == other.space(kind) for kind, other in doors.items())


def _door(engine: Engine, kind: str, spec: Spec) -> Door:
    target = engine.containers.find(getattr(spec, kind).removeprefix(CONTAINER))
    failed = f"failed to join {kind.upper()} namespace: container {target.id}"
    status = engine.containers.status(target)
    if not status.up:
        state = "restarting" if status.state == "restarting" else "not running"
        raise HostError(f"{failed} is {state}", f"hull start {target.name}")
    if kind == "ipc" and target.spec.ipc == "host":
        raise UserError(f"{failed}: its IPC is this machine's", "take --ipc host")
    if kind == "ipc" and not target.spec.ipc.startswith(LENT):
        raise UserError(f"{failed}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)")
    return Door(status.init.pid, status.init.start)

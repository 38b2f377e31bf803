"""Open what --allow names: find the one socket on this host, and say where and under which variable it is inside."""

import os
import stat

from hull.errors import HostError, UserError
from hull.light import NamedTuple
from hull.model import Mount
from hull.trials.environment import Around
from hull.trials.holes import HOLES, Hole, Socket

XDG_CONFIG = ".config"


class Opened(NamedTuple):
    """What holes add to a start: mounts, variables (NAME=VALUE) and what is said of them."""

    mounts: tuple[Mount, ...] = ()
    env: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def named(names: tuple[str, ...]) -> tuple[Hole, ...]:
    """Return the holes of these names; an unknown one is an error that lists them."""
    known = {hole.name: hole for hole in HOLES}
    for name in names:
        if name not in known:
            raise UserError(f"cannot allow {name}: there is no such hole", f"there are {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names))


def followed(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return the holes that belong to the program of a command: a coding agent's own login."""
    program = os.path.basename(command[0]) if command else ""
    return tuple(hole.name for hole in HOLES if program in hole.programs)


def shown(holes: tuple[Hole, ...], around: Around) -> tuple[str, ...]:
    """Return the paths that these holes take back from the secrets."""
    return tuple(path for hole in holes for word in hole.show for path in (_place(word, around),) if path)


def devices(holes: tuple[Hole, ...]) -> tuple[str, ...]:
    """Return the devices that are there, as --device takes them; HostError where a hole finds none."""
    found: list[str] = []
    for hole in holes:
        if not hole.devices:
            continue
        from glob import glob

        there = [path for pattern in hole.devices for path in sorted(glob(pattern)) if not os.path.isdir(path)]
        if hole.devices and not there:
            raise HostError(f"cannot allow {hole.name}: no {' or '.join(hole.devices)} here", "leave it out")
        found += [path for path in there if os.access(path, os.R_OK)] or there[:1]
    return tuple(f"{path}:{path}" for path in found)


def opened(holes: tuple[Hole, ...], around: Around, runtime: str) -> Opened:
    """Return what opens these holes; `runtime` is XDG_RUNTIME_DIR inside. HostError where a socket is not there."""
    mounts: list[Mount] = []
    env: list[str] = []
    for hole in holes:
        for socket in hole.sockets:
            source, is_socket = _found(hole, socket, around)
            if source:
                target = _target(socket, around, runtime)
                mounts.append(Mount("bind", source, target, readonly=not is_socket))
                env += [socket.variable.format(target=target)] if socket.variable else []
    warnings = (f"--allow {hole.name}: {hole.warning}" for hole in holes if hole.warning)
    return Opened(tuple(mounts), tuple(env), tuple(warnings))


def _found(hole: Hole, socket: Socket, around: Around) -> tuple[str, bool]:
    """Return the path, "" where there is none that is needed, and whether it is a socket."""
    places = [path for word in socket.places if (path := _place(word, around))]
    for path in places:
        real = os.path.realpath(path)
        try:
            mode = os.stat(real).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode) or (stat.S_ISREG(mode) and not (socket.needed or socket.variable.endswith("_SOCK"))):
            return real, stat.S_ISSOCK(mode)
    if socket.needed:
        tried = ", ".join(dict.fromkeys(places)) or f"{' or '.join(socket.places)} is not set"
        raise HostError(
            f"cannot allow {hole.name}: there is no socket for it ({tried})",
            "start the service, or set the variable that names its socket (an abstract one cannot be passed)",
        )
    return "", False


def _target(socket: Socket, around: Around, runtime: str) -> str:
    gnupg = around.environ.get("GNUPGHOME") or f"{around.home}/.gnupg"
    return _place(socket.target.format(runtime=runtime, gnupg=os.path.realpath(gnupg)), around)


def _place(word: str, around: Around) -> str:
    """Return the path that a word of the table stands for here, "" where a variable in it is not set."""
    if word.startswith("~/"):
        return f"{around.home}{word[1:]}"
    parts = word.split("/")
    for number, part in enumerate(parts):
        before, dollar, name = part.partition("$")
        if dollar:
            value = _value(name, around)
            if not value:
                return ""
            parts[number] = before + value
    path = "/".join(parts)
    return path if path.startswith("/") else ""


def _value(name: str, around: Around) -> str:
    """Return a variable's path or name: without `unix:`, without what follows a comma; of DISPLAY its number."""
    value = around.environ.get(name, "")
    if name == "DISPLAY":
        return value.partition(":")[2].partition(".")[0] if value.startswith((":", "unix:")) else ""
    if name == "XDG_RUNTIME_DIR":
        return value or f"/run/user/{os.getuid()}"
    if name == "XDG_CONFIG_HOME":
        return value or f"{around.home}/{XDG_CONFIG}"
    value = value.split(";")[0].split(",")[0]
    for prefix in ("unix:path=", "unix://", "unix:"):
        value = value.removeprefix(prefix)
    return "" if "=" in value or "://" in value else value

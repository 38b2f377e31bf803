"""Start a kernel in a container, stay beside it until it ends, leave nothing."""

import os
from functools import partial

from hull.commands import rm as rm_
from hull.commands import run as run_
from hull.commands._kernel_words import Asked
from hull.engine import Engine
from hull.kernels import connections, packages, relay, supervising
from hull.light import Any

TOLD = ("JPY_SESSION_NAME",)  # the notebook's path
ALONE = "JPY_PARENT_PID=1"  # ipykernel's word for: nobody's end is yours to watch for, and no note about Ctrl-C
PACKAGES = "/run/hull-packages"
# The image's own packages come first: a layer never shadows them. A file of the notebook's folder shadows nothing yet.
BOOT = """import sys
sys.path[:] = [p for p in sys.path if p] + {more!r}
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()"""


def start(engine: Engine, asked: Asked, file: str, layer: str, words: tuple[str, ...]) -> int:
    """Run one kernel to its end; return its exit code. Its container is removed with it.

    `file` is the client's connection file, `layer` the packages that the image lacks, `words` are the kernel's own.
    """
    from hull.storage import overlay

    engine.resident = True
    connection, made = connections.asked(file, f"{engine.paths.runtime}/kernels")
    owner = overlay.owner_of(engine.identity(asked.flags.get("userns", "auto")))
    place = connections.Place(connection.place, owner)
    with place:
        place.write(made)
        if connection.ports:
            relay.start(connection.address, connection.ports, f"{connection.place}/{connections.SOCKET}")
        launch = run_.run(
            engine, asked.image, (*_command(layer), *words), **_flags(engine, asked, layer, connection.place)
        )
        assert not isinstance(launch, list)  # noqa: S101 (it is in the foreground)
        try:
            return supervising.supervise(partial(engine.spawn, launch), dict(os.environ))
        finally:
            rm_.sweep(engine)  # what a killed launcher could not remove


def _command(layer: str) -> tuple[str, ...]:
    boot = BOOT.format(more=[PACKAGES] if layer else [])
    return ("-c", boot, "-f", f"{connections.INSIDE}/connection.json")


def _flags(engine: Engine, asked: Asked, layer: str, place: str) -> dict[str, Any]:
    flags, folder = asked.flags, os.getcwd() if asked.folder else ""
    folder = "" if folder == "/" else folder  # it would hide the image
    mounts = [_bind(place, connections.INSIDE)]
    if layer:
        mounts.append(_bind(packages.directory(engine.paths, layer), PACKAGES, "readonly"))
    made: dict[str, Any] = {"entrypoint": asked.python or "python3", **flags, "rm": True}
    if folder:
        mounts.append(_bind(folder, folder))
        made["workdir"] = flags.get("workdir") or folder
    if flags.get("userns", "auto") == "auto":
        made["user"] = flags.get("user") or "0"  # who is the caller outside: the folder's files stay theirs
    told = [f"{name}={os.environ[name]}" for name in TOLD if name in os.environ]
    made["env"] = (*told, ALONE, *flags.get("env", ()))
    made["mount"] = (*flags.get("mount", ()), *mounts)
    return made


def _bind(source: str, target: str, *options: str) -> str:
    """Return the word of --mount, whatever the paths hold."""
    fields = ("type=bind", f"source={source}", f"target={target}", *options)
    return ",".join('"' + field.replace('"', '""') + '"' for field in fields)

"""`hull serve` before its first request: a place to listen first, then what is slow to import."""

import asyncio
import importlib.util
import os
import signal
import socket
import sys

from hull.commands import _listening
from hull.commands.serve import Served
from hull.errors import HostError

FIRST = 3  # the descriptor with which systemd begins


def serve(asked: Served) -> int:
    """Listen, answer until it is to end; return the exit code."""
    if importlib.util.find_spec("aiohttp") is None:
        raise HostError("cannot serve: the Python package aiohttp is not installed", "pip install 'hull[api]'")
    signal.signal(signal.SIGTERM, _leave)  # until the event loop hears it
    given = activated()
    place = None if given else _listening.bind(asked.path)
    listening = given or place.socket  # type: ignore[union-attr]  # one of them is there
    try:
        settled = _answer(asked, listening, place)
        if not settled:
            os._exit(0)  # a verb's thread does not end, and may have the database: what it does is whole or absent
    finally:
        asked.engine.close()
    return 0


def _answer(asked: Served, listening: socket.socket, place: _listening.Place | None) -> bool:
    """Answer to the end; whether nothing is left running."""
    try:
        sys.stdout.write(f"{_listening.exported(asked.path if place else listening.getsockname())}\n")
        sys.stdout.flush()
        _lean()
        from hull.api.answering import answer

        return asyncio.run(answer(asked, listening, place))
    finally:
        if place is not None:
            place.remove()


def _leave(*_: object) -> None:
    raise SystemExit(0)


def activated() -> socket.socket | None:
    """Return the socket that systemd listens at for this process, None where there is none."""
    asked = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if asked[0] != str(os.getpid()) or asked[1] in ("", "0"):
        return None
    if asked[1] != "1":
        raise HostError(f"cannot serve: systemd gave {asked[1]} sockets, not one", "one ListenStream= in the unit")
    os.set_inheritable(FIRST, False)
    given = socket.socket(fileno=FIRST)
    if given.family != socket.AF_UNIX or not given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise HostError("cannot serve: what systemd gave is no unix socket that listens", "ListenStream=PATH")
    return given


def _lean() -> None:
    """Import aiohttp's server without its client, which is half of it; whole, where it cannot be had in halves."""
    if "aiohttp" in sys.modules:
        return
    spec = importlib.util.find_spec("aiohttp")
    if spec is None:
        return
    bare = importlib.util.module_from_spec(spec)
    vars(bare)["__version__"] = "3"  # for a header that is not sent
    sys.modules["aiohttp"] = bare
    try:
        importlib.import_module("aiohttp.web")
    except (ImportError, AttributeError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "aiohttp"]:
            del sys.modules[name]

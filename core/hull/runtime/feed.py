"""Give a detached container this process's standard input, and see nothing of it: run -a stdin."""

import os
import select

from hull.runtime import control

CHUNK = 16 << 10


def copy(directory: str) -> None:
    """Send standard input to the program, to its end or the program's; what the program writes goes to its log."""
    with control.Control(directory).attach("stdin,no-stdout") as connection:
        poller = select.poll()
        poller.register(connection, select.POLLIN)
        poller.register(0, select.POLLIN)
        while True:
            ready = dict(poller.poll())
            if connection.fileno() in ready and connection.recv(control.PACKET)[:1] in (b"x", b""):
                return
            if 0 in ready and not _pass(connection, os.read(0, CHUNK)):
                return


def _pass(connection: object, data: bytes) -> bool:
    """Send a piece, or the end of all; tell whether more may come."""
    try:
        connection.send(b"i" + data if data else b"z")  # type: ignore[attr-defined]
    except (BrokenPipeError, ConnectionResetError):
        return False  # it has ended
    return bool(data)

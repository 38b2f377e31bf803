"""Give a detached container this process's standard input, and see nothing of it: run -a stdin."""

import os
import select

from hull.light import TYPE_CHECKING
from hull.runtime import control

if TYPE_CHECKING:
    from socket import socket

CHUNK = 16 << 10


def copy(directory: str) -> None:
    """Send standard input to the program, to its end or the program's; what the program writes goes to its log."""
    with control.Control(directory).attach("stdin,no-stdout") as connection:
        poller = select.poll()
        poller.register(connection, select.POLLIN)
        poller.register(0, select.POLLIN)
        while True:
            ready = dict(poller.poll())
            if connection.fileno() in ready and _ended(connection):
                return
            if 0 in ready and not _pass(connection, os.read(0, CHUNK)):
                return


def _ended(connection: "socket") -> bool:
    try:
        return connection.recv(control.PACKET)[:1] in (b"x", b"")
    except ConnectionResetError:
        return True


def _pass(connection: "socket", data: bytes) -> bool:
    """Send a piece, or the end of all; tell whether more may come."""
    try:
        connection.send(b"i" + data if data else b"z")
    except (BrokenPipeError, ConnectionResetError):
        return False  # it has ended
    return bool(data)

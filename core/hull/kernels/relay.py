"""TCP on the loopback for a client that knows no unix sockets: bytes are copied as they come, both ways."""

import socket
import threading

from hull.errors import HostError, UserError
from hull.light import NamedTuple

CHUNK = 1 << 18


class Channel(NamedTuple):
    """A listening socket and the path of the kernel's."""

    listener: socket.socket
    path: str


def start(address: str, ports: tuple[int, ...], prefix: str) -> None:
    """Listen on each port and copy to `prefix`-1, -2…; HostError where a port is taken. Its threads end with us."""
    if not _loopback(address):
        raise UserError(f"cannot let a kernel listen on {address}", "leave Jupyter's `ip` at 127.0.0.1")
    channels = []
    for number, port in enumerate(ports, 1):
        try:
            listener = socket.create_server((address, port))
        except OSError as error:
            raise HostError(
                f"cannot listen on {address}:{port}: {error.strerror}", "start the kernel again: Jupyter chooses others"
            ) from None
        channels.append(Channel(listener, f"{prefix}-{number}"))
    for channel in channels:
        threading.Thread(target=_accept, args=(channel,), daemon=True).start()


def _accept(channel: Channel) -> None:
    while True:
        client = channel.listener.accept()[0]
        kernel = socket.socket(socket.AF_UNIX)
        try:
            kernel.connect(channel.path)
        except OSError:  # it has not bound it yet: the client tries again
            client.close()
            kernel.close()
            continue
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pair in ((client, kernel), (kernel, client)):
            threading.Thread(target=_copy, args=pair, daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Copy until either side ends; then both end."""
    try:
        while data := source.recv(CHUNK):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            end.close()


def _loopback(address: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"

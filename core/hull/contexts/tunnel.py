"""TLS between a plain socket and an engine. Either direction ends alone, which ssl's own sockets cannot do.

A program's input ends before its output does: without that a filter there would wait for ever.
"""

import socket
import ssl
import threading
from contextlib import suppress

CHUNK = 1 << 16


class Tunnel:
    """An engine's TLS connection; `sock` is the caller's end of it, plain. Two threads carry what goes each way."""

    def __init__(self, wire: socket.socket, secrets: ssl.SSLContext, name: str) -> None:
        self._wire = wire
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._cipher = secrets.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._lock = threading.Lock()
        self._greet()
        wire.settimeout(None)
        self.sock, self._inner = socket.socketpair()
        for work in (self._send, self._receive):
            threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        """End both directions; the caller closes its own end."""
        for sock in (self._wire, self._inner):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _greet(self) -> None:
        while True:
            try:
                self._cipher.do_handshake()
            except ssl.SSLWantReadError:
                self._wire.sendall(self._outgoing.read())
                data = self._wire.recv(CHUNK)
                if not data:
                    raise ConnectionResetError("the connection ended in the handshake") from None
                self._incoming.write(data)
            else:
                self._wire.sendall(self._outgoing.read())
                return

    def _send(self) -> None:
        with suppress(OSError):
            while data := self._inner.recv(CHUNK):
                with self._lock:
                    self._cipher.write(data)
                    sent = self._outgoing.read()
                self._wire.sendall(sent)
            with self._lock, suppress(ssl.SSLWantReadError):
                self._cipher.unwrap()  # says that no more comes; what comes back is still read
            self._wire.sendall(self._outgoing.read())
        with suppress(OSError):
            self._inner.shutdown(socket.SHUT_RD)  # nobody takes more: whoever writes hears it, and waits for nobody

    def _receive(self) -> None:
        with suppress(OSError):  # ssl's errors, too: whoever reads sees an end
            while data := self._wire.recv(CHUNK):
                with self._lock:
                    self._incoming.write(data)
                while piece := self._decrypted():
                    self._inner.sendall(piece)
        with suppress(OSError):
            self._inner.shutdown(socket.SHUT_WR)

    def _decrypted(self) -> bytes:
        """Return what can be read now, b"" for nothing yet; the other side's end is an error."""
        with self._lock:
            try:
                return self._cipher.read(CHUNK)
            except ssl.SSLWantReadError:
                return b""

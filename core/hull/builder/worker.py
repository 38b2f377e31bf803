"""Ask the confined child of a build: one process, started when first needed, gone with the build."""

import os
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from hull.errors import Bug, HostError
from hull.images import answers
from hull.light import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subprocess import Popen

CHUNK = 1 << 18


class Worker:
    """The child, and requests to it; safe from several threads. `confine` starts it as root of a user namespace."""

    def __init__(self, confine: Callable[..., "Popen[bytes]"], flavour: str) -> None:
        self._confine, self._flavour = confine, flavour
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._process: Popen[bytes] | None = None

    @property
    def started(self) -> bool:
        """Whether there is a child."""
        return self._socket is not None

    def ask(self, task: str, feed: Callable[[IO[bytes]], object] | None = None, **values: Any) -> dict[str, Any]:
        """Return the answer to a request after the child has read all that `feed` writes; its errors are raised."""
        source, sink = os.pipe()
        reply = self._send(task, source, values)
        try:
            with suppress(BrokenPipeError), open(sink, "wb", CHUNK) as file:  # a child that stops reading says why
                if feed is not None:
                    feed(file)
        except BaseException:
            os.close(reply)
            raise
        return self._answer(reply)

    def stream(self, task: str, into: Callable[[int], Any], **values: Any) -> dict[str, Any]:
        """Give `into` a descriptor of what the child writes; return the answer when `into` has read it."""
        source, sink = os.pipe()
        reply = self._send(task, sink, values)
        try:
            with open(source, "rb", buffering=0, closefd=True):
                into(source)
        except BaseException:
            os.close(reply)
            raise
        return self._answer(reply)

    def close(self) -> None:
        """End the child; requests that are under way fail."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.wait()

    def _send(self, task: str, data: int, values: dict[str, Any]) -> int:
        """Send a request with its end of the data pipe, which is closed here; return where the answer will be."""
        import json

        answer, told = os.pipe()
        try:
            request = json.dumps({"task": task, "flavour": self._flavour, **values}).encode()
            socket.send_fds(self._connected(), [request], [data, told])
        except OSError as error:
            os.close(answer)
            raise HostError(f"cannot ask the build's confined child: {error.strerror}", "hull doctor") from None
        finally:
            os.close(data)
            os.close(told)
        return answer

    def _connected(self) -> socket.socket:
        with self._lock:
            if self._socket is None:
                ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                argv = [sys.executable, "-P", "-m", "hull.builder.child"]
                with theirs:
                    self._process = self._confine(argv, self._flavour, stdin=theirs, stdout=-3)
                self._socket = ours
            return self._socket

    def _answer(self, reply: int) -> dict[str, Any]:
        import json

        with open(reply, "rb") as file:
            said = file.read()
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError:
            raise HostError("the build's confined child ended without an answer", "hull doctor") from None
        if answer.get("kind") == "Bug":
            raise Bug(answer["error"], "report it with this message")
        return answers.taken(answer)

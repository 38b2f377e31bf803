"""Talk to a container's monitor: one request a connection, on the socket in the container's directory."""

import os

from hull.errors import HostError
from hull.light import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import socket

SOCKET = "monitor"
PACKET = 64 << 10  # the monitor's packets are half of it at most
SUN_PATH = 107
LONGEST = (1 << 31) - 1  # milliseconds that the monitor takes: 24 days


class Gone(HostError):  # noqa: N818 (the word says what it is)
    """The monitor ended before it answered: the status file says how."""


class Control(NamedTuple):
    """The monitor of the container in `directory`; each method is one request. Gone where it ended meanwhile."""

    directory: str

    def attach(self, options: str = "") -> "socket.socket":
        """Return a connection that carries the container's streams.

        `options` are words with commas between: stdin (it may send input), no-stdout and no-stderr (it is not shown
        that one), once (until the end of this run, where others stay for the next), slow (the program waits while it
        does not read, where others are let go).

        Packets from the monitor: o… and e… (the streams), x… (the exit code in decimal, the last one). To it: i…
        (input), z (its end), w"ROWS COLS", s"NUMBER".
        """
        connection = _connect(self.directory)
        if connection is None:
            raise _gone(self.directory)
        try:
            connection.send(f"attach {options}".strip().encode())
        except (BrokenPipeError, ConnectionResetError):
            connection.close()
            raise _gone(self.directory) from None
        return connection

    def stop(self, signal: int, seconds: float | None, *, keep: bool = False) -> int:
        """Ask the container to end, kill it `seconds` later (None: never); return its exit code once it has ended.

        With `keep` one of --rm is not removed: it is to start again.
        """
        answer = self._ask(f"stop {signal} {milliseconds(seconds)}{' keep' if keep else ''}")
        return int(answer.removeprefix("x"))

    def end(self) -> "socket.socket | None":
        """Ask that the container be killed now, without waiting; None where the monitor has ended meanwhile."""
        connection = _connect(self.directory)
        if connection is not None:
            try:
                connection.send(b"stop 9 0")
            except (BrokenPipeError, ConnectionResetError):
                connection.close()
                return None
        return connection

    def signal(self, number: int, *, restart: bool = True) -> None:
        """Send the program a signal; without `restart`, what ends by it stays ended."""
        self._agree(f"signal {number} {0 if restart else 1}")

    def update(self, policy: str, most: int = 0) -> None:
        """Change the restart policy; `most` restarts at most, 0: no limit."""
        self._agree(f"update {policy} {most}")

    def pause(self) -> None:
        """Stop the health checks; the caller has frozen, or is about to freeze, the container."""
        self._agree("pause")

    def unpause(self) -> None:
        """Go on with the health checks."""
        self._agree("unpause")

    def resize(self, rows: int, columns: int) -> None:
        """Give the program's terminal this size, the next runs' too."""
        self._agree(f"resize {rows} {columns}")

    def health(self) -> dict[str, Any]:
        """Run a health check now and return {start, end, code, output}."""
        return self._object("health")

    def state(self) -> dict[str, Any]:
        """Return what the monitor knows.

        monitor, launcher, init (pids, 0: none), restarts, policy, most, health, failing, stopping, attached (clients),
        lost (bytes that a full disk did not take).
        """
        return self._object("state")

    def _object(self, request: str) -> dict[str, Any]:
        import json

        answer = self._ask(request)
        if answer.startswith("error "):
            raise HostError(f"cannot ask the container's monitor for its {request}: {answer[6:]}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _agree(self, request: str) -> None:
        answer = self._ask(request)
        if answer != "ok":
            raise HostError(f"cannot {request}: {answer.removeprefix('error ')}")

    def _ask(self, request: str) -> str:
        connection = _connect(self.directory)
        if connection is None:
            raise _gone(self.directory)
        with connection:
            try:
                connection.send(request.encode())
                answer = connection.recv(PACKET)
            except (BrokenPipeError, ConnectionResetError):
                answer = b""
        if not answer:
            raise _gone(self.directory)
        return answer.decode(errors="replace")


def connect(directory: str) -> Control | None:
    """Return the monitor of the container in `directory`, None where none is listening."""
    connection = _connect(directory)
    if connection is None:
        return None
    connection.close()
    return Control(directory)


def milliseconds(patience: float | None) -> int:
    """Return a stop's seconds as the monitor takes them: -1 for ever, longer ones as long as it can."""
    return -1 if patience is None or patience < 0 else round(min(patience * 1000, LONGEST))


def path(directory: str) -> str:
    """Return where the monitor of the container in `directory` listens; for the ops `monitor` and `attach`."""
    return f"{directory}/{SOCKET}"


def _connect(directory: str) -> "socket.socket | None":
    import socket

    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    place = -1
    name = path(directory)
    try:
        if len(os.fsencode(name)) > SUN_PATH:
            place = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            name = f"/proc/self/fd/{place}/{SOCKET}"
        connection.connect(name)
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise HostError(f"cannot reach the monitor of {directory}: {error.strerror}") from None
    finally:
        if place >= 0:
            os.close(place)
    return connection


def _gone(directory: str) -> Gone:
    return Gone(f"cannot reach the monitor of {directory}: it has ended", "look at the container: hull ps -a")

"""A program's streams over a connection: frames into pieces, a terminal or a pipe into the connection."""

import os
import select
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from hull.contexts.answer import Answer
from hull.light import Any
from hull.output import Piece

HEAD = 8  # bytes before each frame: stream, three of nothing, length
CHUNK = 1 << 16
STDIN, STDOUT, STDERR = 0, 1, 2
FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


def pieces(chunks: Iterator[bytes], *, tty: bool) -> Iterator[Piece]:
    """Yield what a program wrote: of a terminal as it comes, else frame by frame, to the stream that each names."""
    if tty:
        yield from (Piece(STDOUT, chunk) for chunk in chunks)
        return
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        while len(rest) >= HEAD and len(rest) >= (end := HEAD + int.from_bytes(rest[4:HEAD], "big")):
            data, stream = bytes(rest[HEAD:end]), rest[0]
            del rest[:end]
            yield Piece(STDERR if stream == STDERR else STDOUT, data)


class Terminal:
    """The caller's terminal while a program there has one: raw, its size told, as it was again at the end."""

    def __init__(self, resize: Callable[[int, int], Any]) -> None:
        self._resize = resize
        self._saved: Any = None
        self._before: Any = None

    def __enter__(self) -> Any:
        if os.isatty(STDIN):
            import termios
            import tty

            self._saved = termios.tcgetattr(STDIN)
            tty.setraw(STDIN)
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGWINCH, lambda *_: self.tell())
        return self

    def tell(self) -> None:
        """Tell the size, where there is one."""
        for fd in (STDOUT, STDIN):
            with suppress(OSError):
                size = os.get_terminal_size(fd)
                self._resize(size.lines, size.columns)
                return

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGWINCH, self._before)
        if self._saved is not None:
            import termios

            termios.tcsetattr(STDIN, termios.TCSADRAIN, self._saved)


class Signals:
    """The caller's signals, sent to the program there in place of ending the client."""

    def __init__(self, send: Callable[[str], Any], *, on: bool) -> None:
        self._send = send
        self._on = on and threading.current_thread() is threading.main_thread()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Any:
        for name in FORWARDED if self._on else ():
            number = signal.Signals[name]
            self._before[number] = signal.signal(number, self._forward)
        return self

    def _forward(self, number: int, _frame: Any) -> None:
        self._send(signal.Signals(number).name)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def hijacked(answer: Answer) -> Iterator[bytes]:
    """Yield what comes over a connection that is a stream from its head on; what came with the head is first."""
    try:
        file: Any = answer.response.fp
        while chunk := file.read1(CHUNK):
            yield chunk
    except ConnectionResetError:
        return


class Feed:
    """The caller's input on its way; `stop` leaves what nobody has read yet to whoever reads next."""

    def __init__(self, sock: socket.socket, source: int = STDIN) -> None:
        self._sock = sock
        self._source = source
        self._wake, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._copy, daemon=True)
        self._thread.start()

    def _copy(self) -> None:
        with suppress(OSError):  # the program has ended
            while self._wake not in heard(self._source, self._wake):
                data = os.read(self._source, CHUNK)
                if not data:
                    half_close(self._sock)
                    return
                self._sock.sendall(data)

    def stop(self) -> None:
        """End it."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # a send that nobody takes ends
        os.write(self._stop, b"x")
        self._thread.join()
        os.close(self._wake)
        os.close(self._stop)


def heard(*descriptors: int, seconds: float | None = None) -> set[int]:
    """Return which have something to read, or have ended, in so long; whatever their numbers (select stops at 1024)."""
    asked = select.poll()
    for descriptor in descriptors:
        asked.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in asked.poll(None if seconds is None else seconds * 1000)}


def half_close(sock: socket.socket) -> None:
    """Say that no more comes."""
    with suppress(OSError):  # the other side has ended
        sock.shutdown(socket.SHUT_WR)

"""An interpreter in a container that takes one cell after another and keeps what they made.

Its standard input is a socket: cells go in, `SEQ CODE` comes back for each. A shell reads them as an interactive one
reads lines, because only such a one goes on after an interrupt or a wrong line; Python runs hull.ipython.inside.
"""

import json
import signal
import socket
import sys
import time
from contextlib import suppress
from subprocess import TimeoutExpired

from hull.commands._trees import end, signal_all
from hull.errors import UserError
from hull.ipython.kernel import PATIENCE
from hull.ipython.streams import Streams
from hull.light import Any

ROUNDS = 5  # interrupts in the patience
QUIET = "set +H; unset HISTFILE MAILCHECK"  # bash's ! is text, nothing of it is kept
SHELL_FLAGS = {"bash": ("--norc", "--noprofile", "--noediting", "-i"), "zsh": ("-f", "-i")}
SHELL_ENV = ("PS1=", "PS2=")  # prompts are nobody's output


class Ended(Exception):  # noqa: N818 (it may be what was asked)
    """The interpreter has ended, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def argv(interpreter: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """Return the command of a resident interpreter of the family sh or python."""
    if kind == "python":
        from importlib import resources

        return (*interpreter, "-c", resources.files("hull.ipython").joinpath("inside.py").read_text("utf-8"))
    name = interpreter[0].rpartition("/")[2]
    return (*interpreter, *SHELL_FLAGS.get(name, ("-i",)))


class Worker:
    """One such process. `process` has pipes for its output; `control` is our end of its standard input."""

    def __init__(self, process: Any, control: socket.socket, kind: str) -> None:
        self._process = process
        self._control = control
        self._shell = kind == "sh"
        self._streams = Streams(process.stdout, process.stderr, control)
        self._seq = 0
        self._said = b""
        if self._shell:
            self._streams.begin(quiet=True)
            self._send(QUIET)
            self._answer()

    def run(self, text: str, descriptors: tuple[int, ...] = ()) -> int:
        """Carry out a cell; return its exit code. Ended if the interpreter is no more; an interrupt leaves it whole.

        A Python takes the descriptors of an exchange, which bring the cell and its values.
        """
        self._streams.begin()
        try:
            self._send(text, descriptors)
            return self._answer()
        except KeyboardInterrupt:
            self._interrupt()
            raise

    def close(self) -> None:
        """End the interpreter and what it runs in its group."""
        self._control.close()
        if self._process.poll() is None:
            signal_all(self._process.pid, signal.SIGKILL)
            end(self._process)
        self._streams.close()

    def _send(self, text: str, descriptors: tuple[int, ...] = ()) -> None:
        self._seq += 1
        message = _shell_message(self._seq, text) if self._shell else json.dumps({"seq": self._seq, "text": text})
        with suppress(OSError):  # it has ended since the last cell: the answer tells
            data = f"{message}\n".encode()
            sent = socket.send_fds(self._control, [data], descriptors) if descriptors else 0
            self._control.sendall(data[sent:])

    def _answer(self, seconds: float | None = None) -> int:
        """Copy output until the answer to the last message; TimeoutExpired when the seconds are over."""
        limit = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if limit is None else max(limit - time.monotonic(), 0)
            readable = self._streams.step(left)
            if readable is None and limit is not None and time.monotonic() >= limit:
                raise TimeoutExpired("", seconds or 0)
            if readable and (code := self._heard()) is not None:
                self._streams.drain()
                return code

    def _heard(self) -> int | None:
        try:
            data = self._control.recv(4096)
        except OSError:
            data = b""
        if not data:
            code = self._process.wait()
            self._streams.drain()
            raise Ended(code)
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            sequence, _, code = line.partition(b" ")
            if sequence == str(self._seq).encode():
                return int(code) if code.isdigit() else 1
        return None

    def _interrupt(self) -> None:
        """Interrupt the cell; where it does not listen, end the interpreter."""
        try:
            self._interrupted()
        except (TimeoutExpired, KeyboardInterrupt):
            self.close()
            sys.stderr.write("hull: the cell did not end when it was interrupted: its interpreter had to\n")
        except (Ended, OSError):
            self.close()

    def _interrupted(self) -> None:
        """Wait for the interrupted cell's end.

        It is told again: a shell goes on where the last program of a pipeline ends well just before it is interrupted,
        and a Python in os.system ignores what comes before its program is there.
        """
        for left in reversed(range(ROUNDS)):
            signal_all(self._process.pid, signal.SIGINT)
            if self._shell:
                self._seq += 1
                self._control.sendall(f"printf '%d %d\\n' {self._seq} $? >&0\n".encode())
            try:
                self._answer(PATIENCE / ROUNDS)
            except TimeoutExpired:
                if not left:
                    raise
            else:
                return

    @property
    def alive(self) -> bool:
        """Whether it can take a cell."""
        return self._control.fileno() >= 0 and self._process.poll() is None


def _shell_message(sequence: int, text: str) -> str:
    """Return the lines of a cell: `command` keeps a wrong one from ending the shell, the cell's input is empty."""
    if "\0" in text:
        raise UserError("cannot run the cell: a shell takes no NUL character", "take it out")
    quoted = text.replace("'", "'\\''")
    return f"command eval '{quoted}\n' </dev/null\nprintf '%d %d\\n' {sequence} $? >&0; set +e"

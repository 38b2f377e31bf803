"""A program on a terminal whose screen can be looked at: pexpect's pseudo-terminal, pyte's screen."""

import contextlib
import os
import signal
import termios
import time
from collections.abc import Callable

import pexpect
import pyte

from tests.waiting import PATIENCE

MODES = {"mouse": 1000 << 5, "mouse-any": 1003 << 5, "paste": 2004 << 5}  # pyte keeps private modes shifted


class Emulator:
    """One program. `text` is what a person sees, `alternate` whether it is on the alternate screen."""

    def __init__(self, argv: list[str], env: dict[str, str], width: int = 80, height: int = 24) -> None:
        self.child = pexpect.spawn(argv[0], argv[1:], env=env, timeout=PATIENCE, dimensions=(height, width))
        self.child.delaybeforesend = None
        self.screen = pyte.Screen(width, height)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    @property
    def alternate(self) -> bool:
        return self.raw.rfind(b"\x1b[?1049h") > self.raw.rfind(b"\x1b[?1049l")

    @property
    def modes(self) -> set[str]:
        return {name for name, mode in MODES.items() if mode in self.screen.mode}

    @property
    def cursor(self) -> bool:
        return not self.screen.cursor.hidden

    def line(self, word: str) -> str:
        """Return the first line that has a word."""
        return next((line for line in self.screen.display if word in line), "")

    def send(self, keys: str) -> None:
        self.child.send(keys)

    def until(self, check: Callable[[], object], what: str = "it", seconds: float = PATIENCE) -> None:
        """Read what the program draws until `check` holds."""
        end = time.monotonic() + seconds
        try:
            while not check():
                data = self.child.read_nonblocking(1 << 16, timeout=max(0.0, end - time.monotonic()))
                self.raw += data
                self.stream.feed(data)
        except (pexpect.TIMEOUT, pexpect.EOF) as over:
            raise AssertionError(f"{type(over).__name__} before {what}; on the screen:\n{self.text}") from None

    def shows(self, *words: str) -> None:
        """Wait until all the words are on the screen."""
        self.until(lambda: all(word in self.text for word in words), f"{words}")

    def hides(self, word: str) -> None:
        self.until(lambda: word not in self.text, f"{word!r} is gone")

    def click(self, column: int, line: int) -> None:
        """Press and release the left button, columns and lines from 0."""
        for end in "Mm":
            self.send(f"\x1b[<0;{column + 1};{line + 1}{end}")

    def resize(self, width: int, height: int) -> None:
        self.screen.resize(height, width)
        self.child.setwinsize(height, width)

    def settings(self) -> list[object]:
        """Return the terminal's own settings, as stty shows them."""
        return termios.tcgetattr(self.child.child_fd)

    def end(self) -> int:
        """Wait until the program has ended; return its exit code, negative for a signal."""
        with contextlib.suppress(AssertionError):
            self.until(lambda: False)
        self.child.wait()
        return -self.child.signalstatus if self.child.signalstatus else int(self.child.exitstatus)

    def kill(self, number: int) -> None:
        os.kill(self.child.pid, number)

    def hang_up(self) -> None:
        """Take the terminal away, as a closed window does."""
        os.close(self.child.child_fd)
        self.child.child_fd, self.child.ptyproc.fd = -1, -1
        self.child.closed = self.child.ptyproc.closed = True

    def close(self) -> None:
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
        self.child.close(force=True)

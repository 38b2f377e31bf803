"""At a warm xonsh prompt: from the key Enter to the first byte of a command's output, beside a plain command's."""

import contextlib
import os
import pty
import select
import sys
import time
from collections.abc import Iterator
from typing import Self

from bench.measure import Figure, Side, Skipped, compare
from bench.place import IMAGE, Place, version

RUNS = int(os.environ.get("BENCH_RUNS", "50"))
READY = b"\x1b[?2004h"  # bracketed paste on: prompt_toolkit begins to read a line
SAID = b"Linux"  # what uname prints, and no typed line holds
PAUSE = 0.15  # seconds without a byte: the line stands there, a person's finger moves to Enter
PATIENCE = 20.0
PLAIN = "/bin/uname"
LINES = (
    ("prompt to first output, no network", f"hull run --rm --network none {IMAGE} uname"),
    ("prompt to first output, with a network", f"hull run --rm {IMAGE} uname"),
)


class Prompt:
    """A xonsh with hull loaded in a pseudo-terminal, at its prompt."""

    def __init__(self, place: Place) -> None:
        home = os.path.join(place.base, "home")
        os.makedirs(home, exist_ok=True)
        env = {**place.hull.env(), "HOME": home, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "xonsh", "--no-rc"], env)
        self._until(READY)
        self.enter("xontrib load hull")
        self._until(READY)

    def enter(self, line: str) -> float:
        """Type the line, pause, press Enter; return when that was."""
        os.write(self._fd, line.encode())
        self._settle()
        pressed = time.perf_counter()
        os.write(self._fd, b"\r")
        return pressed

    def first_output(self, line: str) -> float:
        """Return the seconds from Enter to what the command says; at the next prompt when this returns."""
        pressed = self.enter(line)
        seen, said = self._until(SAID)
        if READY not in seen.partition(SAID)[2]:
            self._until(READY)
        self._settle()
        return said - pressed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.enter("exit")
        os.waitpid(self._pid, 0)
        os.close(self._fd)

    def _until(self, wanted: bytes) -> tuple[bytes, float]:
        """Read until `wanted` has come; return all that was read and when."""
        seen = b""
        while wanted not in seen:
            if not select.select([self._fd], [], [], PATIENCE)[0]:
                raise RuntimeError(f"xonsh says nothing: {seen[-300:]!r}")
            seen += os.read(self._fd, 65536)
        return seen, time.perf_counter()

    def _settle(self) -> None:
        """Read away what the shell still draws."""
        while select.select([self._fd], [], [], PAUSE)[0]:
            os.read(self._fd, 65536)


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield what a person who types waits for."""
    uname = version("uname")
    with Prompt(place) as prompt:
        plain = Side(f"{PLAIN}, typed in xonsh", uname, lambda: prompt.first_output(PLAIN))
        bare = Side(f"@unthread {PLAIN}", uname, lambda: prompt.first_output(f"@unthread {PLAIN}"))
        for title, line in LINES:
            ours = Side(line, "", lambda line=line: prompt.first_output(line))  # type: ignore[misc]
            yield compare(title, ours, plain, RUNS, bound=1.5)
            yield compare(f"{title}, no reader thread", ours, bare, RUNS, bound=1.5)

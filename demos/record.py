"""Record the demos: `make recordings`, or `python -m demos.record [NAME…]` over your own store.

Each is typed into the shell that it is for, in a real pseudo-terminal. Under docs/recordings: NAME.cast is what came
when, for asciinema; NAME.svg the screen at the end. The images that a demo names must be here or within reach.
"""

import contextlib
import fcntl
import json
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from typing import NamedTuple

import pyte

from demos.drawing import picture
from demos.statements import statements

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = os.path.join(os.path.dirname(HERE), "docs", "recordings")
COLUMNS, LINES = 100, 90
READY = b"\x1b[?2004h"  # bracketed paste on: bash, xonsh and IPython begin to read a line
CLEAR = b"\x0c"  # Ctrl-L: what a shell says of itself is no part of the story
PATIENCE, TYPING, QUIET = 60.0, 0.025, 0.3
XONSH = (
    "-m",
    "xonsh",
    "--no-rc",
    "-DPROMPT={BOLD_GREEN}@ {RESET}",
    "-DAUTO_SUGGEST=0",
    "-DXONSH_HISTORY_BACKEND=dummy",
)
IPYTHON = (
    "-m",
    "IPython",
    "--no-banner",
    "--no-confirm-exit",
    "--TerminalInteractiveShell.autosuggestions_provider=None",
)


class Demo(NamedTuple):
    """A demo and the shell it is typed into; `enter` is what ends a block there, "" where each line is one's own."""

    file: str
    title: str
    argv: tuple[str, ...]
    enter: str = ""


BASH = ("/bin/bash", "--norc", "--noprofile", "-i")
DEMOS = (
    Demo("pipeline.xsh", "xonsh: a pipeline of three containers", (sys.executable, *XONSH), "\r\r"),
    Demo("distributions.xsh", "xonsh: one package, three distributions, at once", (sys.executable, *XONSH), "\r\r"),
    Demo("another_python.ipynb", "IPython: a cell in another Python", (sys.executable, *IPYTHON), "\x1b\r"),
    Demo("database.sh", "bash: a database for an afternoon", BASH),
    Demo("untrusted.sh", "bash: an untrusted script", BASH),
    Demo("recipe.sh", "bash: from experiment to Containerfile", BASH),
    Demo("try.sh", "bash: try an install script, keep half, undo", BASH),
)


class Typist:
    """A shell in a terminal; `events` is everything that was typed and written, as asciinema has it."""

    def __init__(self, demo: Demo, home: str) -> None:
        env = {**os.environ, "HOME": home, "IPYTHONDIR": home, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.events: list[tuple[float, str, str]] = []
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self._enter, self._began = demo.enter, time.monotonic()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.chdir(HERE)
            os.execve(demo.argv[0], list(demo.argv), {**env, "PS1": r"\[\e[1;32m\]$\[\e[m\] "})
        self._until_ready()
        os.write(self._fd, CLEAR)
        self._read(QUIET)
        self.events.clear()

    def type(self, statement: str) -> None:
        """Type it and Enter; return at the next prompt."""
        self.events.append((self._now(), "i", statement))
        first, *rest = statement.split("\n")
        for letter in first:
            os.write(self._fd, letter.encode())
            self._read(TYPING)
        if not rest:
            self._press("\r")
        elif self._enter:
            self._paste("\n" + "\n".join(rest))
            self._press(self._enter)
        else:
            for line in rest:
                self._press("\r")
                self._paste(line)
            self._press("\r")

    def close(self) -> None:
        """Leave the shell, and wait until it has tidied up."""
        os.write(self._fd, b"\x04")
        with contextlib.suppress(OSError):  # its end, as Linux tells it
            while os.read(self._fd, 65536):
                pass
        os.close(self._fd)
        os.waitpid(self._pid, 0)

    def _press(self, keys: str) -> None:
        self._read(QUIET)
        for key in keys if keys[0] != "\x1b" else [keys]:
            os.write(self._fd, key.encode())
        self._until_ready()

    def _paste(self, text: str) -> None:
        os.write(self._fd, f"\x1b[200~{text}\x1b[201~".encode())

    def _until_ready(self) -> None:
        seen, end = b"", time.monotonic() + PATIENCE
        while READY not in seen:
            if time.monotonic() > end:
                sys.exit(f"no prompt came: {seen[-400:]!r}")
            seen += self._read(0.1)
        self._read(QUIET)

    def _read(self, seconds: float) -> bytes:
        """Take what comes until nothing has come for so long."""
        taken = b""
        while select.select([self._fd], [], [], seconds)[0]:
            data = os.read(self._fd, 65536)
            self.events.append((self._now(), "o", data.decode(errors="replace")))
            self._stream.feed(data)
            taken += data
        return taken

    def _now(self) -> float:
        return round(time.monotonic() - self._began, 3)


def record(demo: Demo) -> None:
    """Type one demo and write its two recordings."""
    with tempfile.TemporaryDirectory(prefix="hull-recording-") as home:
        typist = Typist(demo, home)
        for statement in statements(os.path.join(HERE, demo.file)):
            typist.type(statement)
        typist.close()
    drawn = picture(typist.screen, demo.title)
    name = os.path.join(PLACE, os.path.splitext(demo.file)[0])
    head = {"version": 2, "width": COLUMNS, "height": LINES, "title": demo.title, "env": {"TERM": "xterm-256color"}}
    with open(f"{name}.cast", "w", encoding="utf-8") as cast:
        cast.writelines(f"{json.dumps(line)}\n" for line in (head, *typist.events))
    with open(f"{name}.svg", "w", encoding="utf-8") as svg:
        svg.write(drawn)


def main(names: list[str]) -> None:
    os.makedirs(PLACE, exist_ok=True)
    for demo in DEMOS:
        if not names or os.path.splitext(demo.file)[0] in names:
            print(f"recording {demo.file}", flush=True)
            record(demo)


if __name__ == "__main__":
    main(sys.argv[1:])

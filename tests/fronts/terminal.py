"""A program in a pseudo-terminal, driven like a person does: type, wait for what appears."""

import contextlib
import os
import re
import sys

import pexpect

from tests.commandline import CommandLine

ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>])")
PROMPT = r"\x1b\[\?2004h"  # bracketed paste on: prompt_toolkit begins to read a line
TIMEOUT = 20
HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def environment(cli: CommandLine, home: str) -> dict[str, str]:
    """Return the environment of a shell: this home, no start-up files, hull of this tree and its store."""
    return cli.env(
        HOME=home,
        PYTHONPATH=os.pathsep.join((f"{HERE}/core", HERE)),
        PATH=os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])),
        TERM="xterm",
        PROMPT_TOOLKIT_NO_CPR="1",
        IPYTHONDIR=f"{home}/ipython",
        XDG_CONFIG_HOME=f"{home}/config",
        XDG_DATA_HOME=f"{home}/data",
        XDG_CACHE_HOME=f"{home}/cache",
    )


class Terminal:
    """One session of a program that reads lines; made, it is at its first prompt.

    `prompt` is what shows that it reads: where it is not prompt_toolkit's, the prompt's own text.
    """

    def __init__(self, argv: list[str], env: dict[str, str], prompt: str = PROMPT) -> None:
        self._prompt = prompt
        self.child = pexpect.spawn(argv[0], argv[1:], env=env, encoding="utf-8", timeout=TIMEOUT, dimensions=(40, 160))
        self.child.delaybeforesend = None
        self.prompt()

    def type(self, text: str) -> None:
        """Type a line."""
        self.child.send(text + "\r")

    def prompt(self) -> str:
        """Wait until the shell asks for a line; return what appeared before, escapes removed."""
        self.child.expect(self._prompt)
        return ESCAPE.sub("", self.child.before)

    def run(self, line: str) -> str:
        """Type a line at the prompt; return what appeared until the next one."""
        self.type(line)
        return self.prompt()

    def expect(self, pattern: str) -> str:
        """Wait for what matches; return it."""
        self.child.expect(pattern)
        return self.child.match.group(0)

    def press(self, key: str) -> None:
        """Press control and a letter."""
        self.child.sendcontrol(key)

    def suspend(self) -> str:
        """Press Ctrl-Z until the prompt is back: xonsh continues what it has just started, a stop can get lost."""
        for _ in range(5):
            self.press("z")
            if self.child.expect([self._prompt, pexpect.TIMEOUT], timeout=2) == 0:
                return ESCAPE.sub("", self.child.before)
        raise AssertionError("Ctrl-Z stops nothing")

    def close(self) -> None:
        """Hang up and reap."""
        self.child.close(force=True)


def processes(mark: str) -> list[int]:
    """Return the live processes whose command line holds `mark` as a word, zombies left out."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{entry}/cmdline", "rb") as file:
            if mark.encode() in file.read().split(b"\0"):
                found.append(int(entry))
    return found


def foreground(mark: str) -> bool:
    """Whether those processes run, none is stopped, and their group has the terminal."""
    seen = []
    for pid in processes(mark):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
            state, _, group, _, _, terminal_group = file.read().rpartition(b")")[2].split()[:6]
            seen.append(state != b"T" and group == terminal_group)
    return bool(seen) and all(seen)

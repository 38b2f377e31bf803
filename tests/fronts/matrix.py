"""An interactive xonsh that rows of the matrix are tried in: which shell, which verb, which settings."""

import ast
import contextlib
import os
import sys
from typing import NamedTuple

import pexpect

from tests.fronts.terminal import PROMPT, Terminal, processes
from tests.waiting import until

TEXT = "<#> "  # a prompt that no command line holds
SIZE = (40, 160)


class Kind(NamedTuple):
    """What a session is made of; `settings` are xonsh's variables."""

    verb: str
    shell: str
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "-".join((self.verb, self.shell, *self.settings))


KINDS = (
    *(Kind(verb, shell) for shell in ("prompt_toolkit", "readline") for verb in ("run", "exec")),
    Kind("run", "prompt_toolkit", ("THREAD_SUBPROCS=False",)),
    Kind("run", "prompt_toolkit", ("XONSH_CAPTURE_ALWAYS=True",)),
)


class Session:
    """A shell at its prompt, hull loaded. `command` writes the command line that runs words in a container."""

    def __init__(self, kind: Kind, env: dict[str, str], place: str) -> None:
        self.kind = kind
        self.place = place
        self.marks = 0
        settings = ("PROMPT=" + TEXT, "XONSH_SHOW_TRACEBACK=False", *kind.settings)
        argv = [sys.executable, "-m", "xonsh", "--no-rc", "-i", "--shell-type", kind.shell]
        prompt = PROMPT if kind.shell == "prompt_toolkit" else TEXT
        env = {**env, "SSH_CONNECTION": "none"}  # xonsh asks no terminal there where its cursor is, and waits
        self.terminal = Terminal([*argv, *(f"-D{setting}" for setting in settings)], env, prompt)
        self.terminal.run("xontrib load hull")
        self.run(f"put = lambda value: open({place!r} + '/value', 'w').write(repr(value)) and None")
        self.box = f"box-{os.getpid()}-{os.urandom(4).hex()}"
        if kind.verb == "exec":
            self.run(f"hull run -d --network none --name {self.box} busybox sleep 100000 > /dev/null")
            assert self.code() == 0

    def command(self, words: str, *flags: str) -> str:
        """Return the line that runs these words in a container."""
        given = " ".join(flags)
        if self.kind.verb == "exec":
            return f"hull exec {given} {self.box} {words}"
        return f"hull run --network none --rm {given} busybox {words}"

    def run(self, line: str) -> str:
        """Type a line; return what appeared until the next prompt."""
        return self.terminal.run(line)

    def value(self, expression: str) -> object:
        """Return what a Python expression is in the shell."""
        self.run(f"put({expression})")
        return ast.literal_eval(self.content("value"))

    def code(self) -> object:
        """Return the last command's exit code."""
        return self.value("__xonsh__.lastcmd.rtn")

    def file(self, name: str, content: str | None = None) -> str:
        """Return the path of a file of the session, written where there is content."""
        path = f"{self.place}/{name}"
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def content(self, name: str) -> str:
        """Return what is in a file of the session."""
        with open(f"{self.place}/{name}", encoding="utf-8") as file:
            return file.read()

    def mark(self) -> str:
        """Return a number of seconds that no other test's sleep has."""
        self.marks += 1
        return f"1{os.getpid()}{self.marks:04}"

    def waits(self) -> bool:
        """Whether the shell is done with the start and sleeps until its job changes."""
        with contextlib.suppress(OSError), open(f"/proc/{self.terminal.child.pid}/wchan") as file:
            return file.read() == "do_wait"
        return False

    def suspend(self, mark: str) -> None:
        """Press Ctrl-Z once the shell waits for the job: before that it continues what it has just started.

        It may wait for something else first, and continue the job after that: then the key is pressed again.
        """
        until(lambda: foreground_of(mark, self) and self.waits(), lambda: f"a job with the terminal: {self.seen()!r}")
        for _ in range(5):
            if foreground_of(mark, self):
                self.terminal.press("z")
            with contextlib.suppress(AssertionError):
                until(lambda: "T" in states(mark), "the job to stop", seconds=3)
                break
        self.terminal.prompt()
        assert "T" in states(mark)

    def resume(self, mark: str) -> None:
        """Type fg until the job has the terminal again: a prompt that is being drawn anew can lose a key."""
        self.terminal.type("fg")
        with contextlib.suppress(AssertionError):
            until(lambda: foreground_of(mark, self), "the program to go on", seconds=10)
        if not foreground_of(mark, self):
            self.terminal.type("\x15fg")
            until(lambda: foreground_of(mark, self), "the program to go on")

    def seen(self) -> str:
        """Return what has appeared since the last prompt, for a failure's message."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            self.terminal.child.expect("nothing that appears", timeout=0.1)
        return str(self.terminal.child.before)

    def close(self) -> None:
        """Remove the container and hang up."""
        with contextlib.suppress(Exception):
            if self.kind.verb == "exec":
                self.run(f"hull rm -f {self.box}")
        self.terminal.close()


def states(mark: str) -> set[str]:
    """Return the states of the processes that have `mark` among their words."""
    return {fields(pid)[0] for pid in processes(mark)} - {""}


def foreground_of(mark: str, session: Session) -> bool:
    """Whether the program of those processes runs in a group that has the terminal and is not the shell's own.

    With -t the launcher is in a group of its own: the program is the last of them.
    """
    shell = os.getpgid(session.terminal.child.pid)
    *_, program = ([""] * 6, *map(fields, processes(mark)))
    state, _, group, _, _, owner = program
    return state not in ("", "T") and group == owner != str(shell)


def fields(pid: int) -> list[str]:
    """Return state, parent, group, session, terminal and the terminal's group of a process; "" of one that is gone."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].decode().split()[:6]
    return [""] * 6

"""One more program in a running container, as Docker's clients ask for it: made, started, looked at."""

import os
import time

from hull.commands import exec as exec_
from hull.commands._recipe import Ran
from hull.docker.fields import Fields
from hull.docker.keys import Keys
from hull.docker.running import Child, Wanted
from hull.engine import Engine
from hull.errors import Conflict, Missing, UserError
from hull.light import Any, NamedTuple
from hull.runtime import ops
from hull.state.containers import Container

LOOK = 60.0  # seconds between two looks at the containers of those that nobody has started
KEPT = 300.0  # seconds for which an ended one is remembered, and one that nobody starts after its container has ended


class Asked(NamedTuple):
    """What a client asks for; `size` are rows and columns of its terminal."""

    ran: Ran
    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool
    privileged: bool
    keys: str
    size: tuple[int, int]


def read(body: dict[str, Any]) -> Asked:
    """Return what a body asks for."""
    fields = Fields(body)
    words = fields.texts("Cmd")
    if not words:
        raise UserError("No exec command specified")
    keys = fields.text("DetachKeys") or fields.text("detachKeys")  # docker-py's; Go's JSON knows no case
    Keys(keys, tty=False)  # what is no key is said here
    ran = Ran(words, fields.texts("Env"), fields.text("WorkingDir"), fields.text("User"))
    return Asked(ran, fields.flag("AttachStdin"), fields.flag("AttachStdout"), fields.flag("AttachStderr"),
                 fields.flag("Tty"), fields.flag("Privileged"), keys, size_of(body))  # fmt: skip


def size_of(body: dict[str, Any]) -> tuple[int, int]:
    """Return a body's ConsoleSize, rows and columns; zeros where it says none."""
    found = body.get("ConsoleSize") or (0, 0)
    if not isinstance(found, list | tuple) or len(found) != 2 or not all(isinstance(n, int) for n in found):  # noqa: PLR2004
        raise UserError("invalid ConsoleSize: [rows, columns] are wanted")
    rows, columns = found
    if not (0 <= rows < 1 << 16 and 0 <= columns < 1 << 16):
        raise UserError(f"invalid ConsoleSize: {rows} rows and {columns} columns")
    return rows, columns


class Exec:
    """One such program: asked for, running or ended."""

    def __init__(self, row: Container, asked: Asked) -> None:
        self.id = os.urandom(32).hex()
        self.row = row
        self.asked = asked
        self.size = asked.size
        self.child: Child | None = None
        self.begun = False
        self.code: int | None = None
        self.ended = 0.0  # 0: neither it nor, where nobody has started it, its container

    @property
    def running(self) -> bool:
        """Whether its program is there."""
        return self.child is not None and self.code is None

    def begin(self) -> None:
        """Note that somebody starts it; it starts once."""
        if self.begun:
            state = "is already running" if self.code is None else "has already run"
            raise Conflict(f"Error: Exec command {self.id} {state}")
        self.begun, self.ended = True, 0.0

    def plan(self, engine: Engine) -> list[ops.Op]:
        """Return its plan, as the container is now."""
        asked = self.asked
        _require(self.row, engine)
        return exec_.prepared(engine, self.row, asked.ran, interactive=asked.stdin, tty=asked.tty,
                              privileged=asked.privileged, told=True)  # fmt: skip

    def start(self, engine: Engine, steps: list[ops.Op], *, detached: bool) -> Child:
        """Start it; its streams lead to whoever attached, or nowhere."""
        asked, words = self.asked, self.asked.ran.words
        streams = (asked.stdin, asked.stdout, asked.stderr) if not detached else (False, False, False)
        wanted = Wanted(*streams, asked.tty, self.size)
        self.child = Child(steps, ("hull", "exec", self.row.name, *words), self.row.id, wanted)
        exec_.tell(engine, self.row, f"exec_start: {' '.join(words)}", self.id)
        return self.child

    def end(self, engine: Engine, code: int) -> None:
        """Note how it ended."""
        self.code, self.ended = code, time.monotonic()
        exec_.tell(engine, self.row, "exec_die", self.id, exitCode=str(code))

    def resize(self, rows: int, columns: int) -> None:
        """Give its terminal another size, now or from its start on."""
        if not (rows and columns):
            return
        self.size = (rows, columns)
        if self.running and self.child is not None:
            self.child.resize(rows, columns)

    def document(self) -> dict[str, Any]:
        """Return what is known of it."""
        asked = self.asked
        config = {"tty": asked.tty, "entrypoint": asked.ran.words[0], "arguments": [*asked.ran.words[1:]],
                  "privileged": asked.privileged}  # fmt: skip
        return {
            "ID": self.id,
            "Running": self.running,
            "ExitCode": self.code,
            "ProcessConfig": {**config, "user": asked.ran.user} if asked.ran.user else config,
            "OpenStdin": asked.stdin,
            "OpenStderr": asked.stderr,
            "OpenStdout": asked.stdout,
            "CanRemove": self.code is not None,
            "ContainerID": self.row.id,
            "DetachKeys": "",
            "Pid": self.child.pid if self.child is not None else 0,
        }


def make(engine: Engine, word: str, body: dict[str, Any]) -> Exec:
    """Return a new one, for a container that runs."""
    asked, row = read(body), engine.containers.find(word)
    _require(row, engine)
    made = Exec(row, asked)
    exec_.tell(engine, row, f"exec_create: {' '.join(asked.ran.words)}", made.id)
    return made


def leave(engine: Engine, waiting: list[Exec]) -> None:
    """Note which cannot be started any more: their containers have ended. Those of one that runs stay, as Docker's."""
    rows = {one.row.id: one.row for one in waiting}
    over = {ident for ident, row in rows.items() if not engine.containers.status(row).up}
    for one in waiting:
        if one.row.id in over:
            one.ended = time.monotonic()


class Execs:
    """All of a server's; they do not outlive it."""

    def __init__(self) -> None:
        self._known: dict[str, Exec] = {}
        self._next_look = 0.0

    def keep(self, made: Exec) -> None:
        """Know one more, in the event loop: two threads would forget each other's. Old ones are forgotten."""
        now = time.monotonic()
        self._known = {one.id: one for one in self._known.values() if not one.ended or now - one.ended < KEPT}
        self._known[made.id] = made

    def waiting(self) -> list[Exec]:
        """Return those that nobody has started; now and then: a container's end is looked at."""
        now = time.monotonic()
        if now < self._next_look:
            return []
        self._next_look = now + LOOK
        return [one for one in self._known.values() if not one.begun and not one.ended]

    def find(self, word: str) -> Exec:
        """Return the one of this id, or whose id begins so."""
        found = [one for ident, one in self._known.items() if word and ident.startswith(word)]
        if len(found) != 1:
            raise Missing(f"No such exec instance: {word}")
        return found[0]

    def of(self, ident: str) -> list[str]:
        """Return the ids of those in a container that have not ended."""
        return [one.id for one in self._known.values() if one.row.id == ident and one.code is None]


def _require(row: Container, engine: Engine) -> None:
    found = engine.containers.status(row)
    if found.state == "paused":
        raise Conflict(f"Container {row.id} is paused, unpause the container before exec")
    if found.state == "restarting":
        raise Conflict(f"Container {row.id} is restarting, wait until the container is running")
    if not found.up:
        raise Conflict(f"container {row.id} is not running")

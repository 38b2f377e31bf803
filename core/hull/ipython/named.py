"""One container that keeps its state between cells, and the interpreters in it."""

import socket
import sys
from subprocess import TimeoutExpired

from hull.commands import _trees
from hull.commands.exec import ended as ended_
from hull.commands.exec import exec_
from hull.errors import HostError
from hull.ipython import cells, interpreters, kernel, worker
from hull.ipython.cells import Asked
from hull.light import Any, NamedTuple

RESIDENT = ("sh", "python")


class CellsRow(NamedTuple):
    """One named container of this kernel: its interpreters that hold state, how many cells it ran, what becomes of it.

    `end` is kernel where it ends with this kernel, kept where it goes on.
    """

    name: str
    container: str
    image: str
    state: str
    interpreters: tuple[str, ...]
    cells: int
    end: str


class Named:
    """One container, and the interpreters in it.

    `default` is its image's interpreter; `holder` its launcher, None where it is not this kernel's to end.
    """

    def __init__(self, engine: Any, row: Any, default: tuple[str, ...], holder: Any = None) -> None:
        self._engine = engine
        self.name: str = row.name
        self.container: str = row.id
        self.image: str = row.spec.image
        self.default = default
        self._checkpoints = bool(row.spec.checkpoint)
        self.holder = holder
        self.cells = 0
        self._workers: dict[tuple[str, ...], worker.Worker] = {}

    def run(self, interpreter: tuple[str, ...], text: str, descriptors: tuple[int, ...] = (), *, said: str = "") -> int:
        """Carry out a cell, or with an exchange's descriptors the one that these bring and that `said` tells of.

        Return its exit code.
        """
        self.cells += 1
        interpreter = interpreter or self.default
        kind = interpreters.family(interpreter[0])
        if kind not in RESIDENT:
            return self._once(interpreter, text)
        found = self._workers.get(interpreter)
        if found is not None and not found.alive:  # its container was started anew: hull undo, hull restart
            self._lose(interpreter)
            sys.stderr.write(f"hull: {interpreter[0]} in {self.name} was ended: its variables are gone\n")
            found = None
        if found is None:
            found = self._begin(interpreter, kind)
        try:
            code = found.run(text, descriptors)
        except worker.Ended as ended:
            self._lose(interpreter)
            lost = "its variables are gone, the next cell begins with a new one"
            sys.stderr.write(f"hull: {interpreter[0]} in {self.name} has ended: {lost}\n")
            code = ended.code
        if self._checkpoints:
            ended_(self._engine, self.container, said or text, code)
        return code

    @property
    def up(self) -> bool:
        """Whether the container still runs."""
        return bool(self._engine.containers.status(self._engine.containers.find(self.container)).up)

    def row(self) -> CellsRow:
        """Return what `%hull cells` shows."""
        alive = tuple(" ".join(words) for words, one in self._workers.items() if one.alive)
        whose = "kept" if self.holder is None else "kernel"
        return CellsRow(self.name, self.container[:12], self.image, "running", alive, self.cells, whose)

    def close(self) -> None:
        """End the interpreters, and the container where it is this kernel's."""
        for interpreter in list(self._workers):
            self._lose(interpreter)
        if self.holder is not None:
            self.holder.stdin.close()
            try:
                self.holder.wait(kernel.PATIENCE)
            except TimeoutExpired:
                _trees.end(self.holder)

    def _lose(self, interpreter: tuple[str, ...]) -> None:
        self._workers.pop(interpreter).close()

    def _begin(self, interpreter: tuple[str, ...], kind: str) -> worker.Worker:
        command = worker.argv(interpreter, kind)
        launch = exec_(self._engine, self.container, command, env=worker.SHELL_ENV if kind == "sh" else ())
        ours, theirs = socket.socketpair()
        with theirs:
            process = self._engine.spawn(launch, **_trees.tied(stdin=theirs))
        try:
            made = worker.Worker(process, ours, kind)
        except worker.Ended as ended:
            ours.close()
            error = HostError(
                f"cannot run {interpreter[0]} in {self.name}: it ended at once with exit code {ended.code}",
                f"%%hull -n {self.name} --interpreter PROGRAM names one that is there",
            )
            raise error from None
        self._workers[interpreter] = made
        return made

    def _once(self, interpreter: tuple[str, ...], text: str) -> int:
        call, stdin = cells.cell(Asked("exec", (self.container,)), interpreter, text)
        return kernel.run(self._engine, call(lambda: self._engine), stdin)

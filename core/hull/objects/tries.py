"""A try as a value: `with hull.trial() as t: t("make install")`, then `t.diff()`, `t.keep()`, `t.drop()`.

What Python itself does in the block happens on this machine: only what `t` runs is inside, in xonsh also the lines of
the block. `t.open(path)` reads and writes a file of the try.
"""

import io
from contextlib import AbstractContextManager
from types import TracebackType
from typing import IO, Any, Unpack

from hull.commands import _entering, _trial
from hull.commands._verb import load
from hull.engine import Engine
from hull.errors import UserError
from hull.objects import values
from hull.objects.containers import Container, Finished, finish
from hull.objects.given import Tried, Words
from hull.objects.inhabited import Inhabited, Inside


class Try(Container):
    """One try, whatever its state. The verbs of tries are its methods; leaving a `with` leaves it for looking."""

    __slots__ = ("_inhabited",)

    def __init__(self, ident: str, engine: Engine, inhabited: Inhabited | None = None) -> None:
        super().__init__(ident, engine)
        self._inhabited = inhabited

    def __call__(self, line: str, **options: Any) -> Finished:
        """Run a line in it, by sh."""
        return self.run(("sh", "-c", line), **options)

    def run(
        self,
        command: Words,
        *,
        input: bytes | None = None,
        capture_output: bool = False,
        check: bool = False,
        timeout: float | None = None,
        **flags: Any,
    ) -> Finished:
        """Run a program in it, to its end; where nobody is in it, it is started again for that."""
        options: dict[str, Any] = {"check": check, "timeout": timeout}
        if self._inhabited is not None:
            return self._inhabited.run(command, input=input, capture_output=capture_output, **options, **flags)
        verb = load("try").function
        launch = verb(self._engine, values.words(command), in_=self.id, tty=False, **values.flags(verb, flags))
        return finish(self._engine, launch, input=input, capture=capture_output, **options)

    def diff(self, *words: str, **flags: Any) -> Any:
        """Return what it changed; the flags of diff."""
        return self._verb("diff", self.id, *words, **flags)

    def keep(self, *paths: Any, **flags: Any) -> Any:
        """Do on this machine what it changed, all of it or these paths; the flags of keep."""
        return self._verb("keep", (self.id, *map(values.word, paths)), **flags)

    def undo(self, steps: int = 1, **flags: Any) -> Any:
        """Go back in it, so many checkpoints."""
        return self._verb("undo", self.id, steps, **flags)

    def redo(self, steps: int = 1, **flags: Any) -> Any:
        """Go forward again."""
        return self._verb("redo", self.id, steps, **flags)

    def log(self, **flags: Any) -> Any:
        """Return its checkpoints."""
        return self._verb("log", self.id, **flags)

    def branch(self, name: str, **flags: Any) -> "Try":
        """Return a new try that begins where this one stands."""
        self._verb("branch", self.id, name, **flags)
        return Try(self._engine.containers.find(name).id, self._engine)

    def drop(self) -> None:
        """Be rid of it and of what it changed; one that runs is ended."""
        self._verb("drop", (self.id,), force=True)

    def open(self, path: Any, mode: str = "r", encoding: str = "utf-8") -> IO[Any]:
        """Open a file of the try as Python's open does; what was written is there when it is closed."""
        if mode.strip("bt") not in ("r", "w", "a", "x"):
            raise UserError(f"cannot open with mode {mode!r}", "r, w, a or x, with b for bytes")
        raw = _File(self, values.word(path), mode.strip("bt"))
        return raw if "b" in mode else io.TextIOWrapper(raw, encoding)

    def _verb(self, name: str, *words: Any, **flags: Any) -> Any:
        verb = load(name).function
        return values.faced(verb(self._engine, *words, **values.flags(verb, flags)))

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Leave it as it is: what it changed is to be looked at."""

    def __repr__(self) -> str:
        return f"<Try {self.id[:12]}>"


class _File(io.BytesIO):
    """A file of a try in memory: read by a program inside, and written by one when it is closed."""

    def __init__(self, owner: Try, path: str, mode: str) -> None:
        super().__init__()
        self._owner, self._path, self._mode = owner, path, mode
        if mode == "r":
            self.write(self._inside('exec cat < "$0"').stdout)
            self.seek(0)

    def writable(self) -> bool:
        return self._mode != "r"

    def close(self) -> None:
        if not self.closed and self._mode != "r":
            into = {"w": "cat >", "a": "cat >>", "x": "set -C; cat >"}[self._mode]
            self._inside(f'{into} "$0"', self.getvalue())
        super().close()

    def _inside(self, line: str, data: bytes = b"") -> Finished:
        done = self._owner.run(("sh", "-c", line, self._path), input=data, capture_output=True)
        if done.returncode:
            why = done.stderr.decode(errors="replace").strip().rpartition(": ")[2]
            super().close()
            raise OSError(f"{self._path} in the try: {why or f'exit code {done.returncode}'}")
        return done


class Trial(AbstractContextManager[Try]):
    """A try to be in. In xonsh the shell goes in: lines of the block run there, `@host` steps out."""

    def __init__(self, flags: dict[str, Any]) -> None:
        self._flags = values.flags(load("try").function, flags)
        self._inside: Inside | None = None
        self._apart = False

    def apart(self) -> "Trial":
        """Leave a shell out of it: only what is run by the try's methods runs there."""
        self._apart = True
        return self

    def __enter__(self) -> Try:
        engine = values.engine()
        row = _entering.tried(engine, **self._flags)
        inside = Inside(row.id, {})
        self._inside = inside.apart() if self._apart else inside
        self._try = Try(row.id, engine, self._inside.__enter__())
        return self._try

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        held, self._inside = self._inside, None
        self._try._inhabited = None  # noqa: SLF001 (the one that was given)
        if held is not None:
            held.__exit__(kind, error, at)


def trial(name: str = "", **flags: Unpack[Tried]) -> Trial:
    """Be in a try until the with block ends: a new one with the flags of try, or the one of that name.

    It stays for looking, however the block ends: `t.diff()`, `t.keep()`, `t.drop()`.
    """
    return Trial({"name": name, **flags})


def latest(name: str = "") -> Try:
    """Return the try of that name, else the latest one."""
    engine = values.engine()
    return Try(_trial.latest(engine, name).id, engine)

"""Be in a container for a block: `with hull.inside("debian") as c: c.run(["ls"])`."""

import builtins
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Unpack

from hull.commands._entered import Entered
from hull.commands._entering import enter as enter_
from hull.commands.enter import enter as verb
from hull.objects import values
from hull.objects.containers import Container, Finished
from hull.objects.given import Asked, Within, Words


class Inhabited(Container):
    """A container that somebody is in. It is up at least as long as the block lasts."""

    __slots__ = ("_entered",)

    def __init__(self, entered: Entered) -> None:
        super().__init__(entered.row.id, entered.engine)
        self._entered = entered

    def run(
        self,
        command: Words,
        *,
        input: bytes | None = None,
        capture_output: bool = False,
        check: bool = False,
        timeout: float | None = None,
        **flags: Unpack[Within],
    ) -> Finished:
        """Run a program in it, to its end, as who entered: `exec` with the env and user that `inside` was given."""
        said: Any = dict(flags)
        said["env"] = (*self._entered.env, *values.words(said.get("env", ())))
        if self._entered.user:
            said.setdefault("user", self._entered.user)
        return self.exec(command, input=input, capture_output=capture_output, check=check, timeout=timeout, **said)


class Inside(AbstractContextManager[Inhabited]):
    """A container to be in. In xonsh the shell goes in: lines of the block run there, `@host` steps out."""

    def __init__(self, place: Any, flags: dict[str, Any]) -> None:
        self._place = values.word(place)
        self._flags = values.flags(verb, flags)
        self._held: AbstractContextManager[Entered] | None = None
        self._apart = False

    def apart(self) -> "Inside":
        """Leave a shell out of it: only what is run by the container's methods runs there."""
        self._apart = True
        return self

    def __enter__(self) -> Inhabited:
        shells = None if self._apart else _shells(self._place, self._flags)
        self._held = shells or _process(self._place, self._flags)
        return Inhabited(self._held.__enter__())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.__exit__(kind, error, at)


def inside(place: Any, *, keep: bool = False, **flags: Unpack[Asked]) -> Inside:
    """Be in a container, or in a new one of an image with the flags of run, until the with block ends.

    The container is left as it was found; a new one is removed, unless it is kept or has a name.
    """
    return Inside(place, {**flags, "keep": keep})


def _shells(place: str, flags: dict[str, Any]) -> AbstractContextManager[Entered] | None:
    """Return xonsh's own way in, where this is a xonsh that has hull loaded."""
    session = getattr(builtins, "__xonsh__", None)
    aliases: Any = getattr(session, "aliases", None)
    if aliases is None or "hull" not in aliases:
        return None
    entering = getattr(aliases["hull"], "entering", None)
    found: AbstractContextManager[Entered] | None = entering and entering.scopes.inside(place, **flags)
    return found


@contextmanager
def _process(place: str, flags: dict[str, Any]) -> Any:
    entered = enter_(values.engine(), place, **flags)
    try:
        yield entered
    finally:
        entered.leave()

"""The containers a shell is in, the innermost last. `$HULL_CONTAINER` says which one commands mean: env.swap works."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hull.light import Any
from hull.xonsh.caller import caller
from hull.xonsh.scope import Scope, environ_of

VARIABLE = "HULL_CONTAINER"


class Scopes:
    """The stack. `changed` is called with whether the shell is in any container, when that changes."""

    def __init__(self, hull: Any, changed: Callable[[bool], None]) -> None:
        self._hull = hull
        self._changed = changed
        self._scopes: list[Scope] = []
        self._owner = os.getpid()

    @property
    def shell(self) -> Any:
        """The shell."""
        return self._hull.shell

    def __bool__(self) -> bool:
        return bool(self._scopes)

    def __str__(self) -> str:
        return "/".join(scope.name for scope in self._scopes)

    def current(self) -> Scope | None:
        """Return the scope that commands run in now; None: this machine."""
        key = self._hull.shell.env.get(VARIABLE) if self._scopes else None
        return next((scope for scope in reversed(self._scopes) if scope.key == key), None)

    def enter(self, word: str, flags: dict[str, Any], *, block: bool = False) -> Scope:
        """Go into a container, or into a new one of an image."""
        from hull.commands._entering import enter

        environ = environ_of(self._hull.shell)
        with caller(environ):
            engine = self._hull.engine()
            engine.keep()
            try:
                entered = enter(engine, word, **flags)
            finally:
                engine.events.close()
            try:
                scope = Scope(entered, environ, flags.get("workdir") or "", block=block)
            except BaseException:
                entered.leave()
                raise
        self._scopes.append(scope)
        self._say(scope)
        self._changed(True)
        return scope

    def leave(self, scope: Scope) -> str:
        """Come out of a scope and of those inside it; return what is worth a word."""
        told = ""
        while scope in self._scopes:
            last = self._scopes.pop()
            self._say(self._scopes[-1] if self._scopes else None)
            with caller(environ_of(self._hull.shell)):
                told = last.entered.leave()
        if not self._scopes:
            self._changed(False)
        return told

    def gone(self, scope: Scope) -> str:
        """Come out of a container that has ended by itself; return the one line about it.

        A with block stays where it is: what is left of it was never meant for this machine.
        """
        from hull.errors import HullError

        try:
            status = scope.entered.engine.containers.status(scope.entered.row)
            code = f" with exit code {status.exit_code}" if status.state == "exited" else ""
        except HullError:
            code = ""
        if scope.block:
            return f"hull: {scope.name} has ended{code}: nothing can run in it"
        self.leave(scope)
        place = f"back in {self}" if self._scopes else "back on this machine"
        return f"hull: {scope.name} has ended{code}: {place}"

    @contextmanager
    def inside(self, word: str, **flags: Any) -> Iterator[Any]:
        """Be in a container for a with block; it is left however the block ends."""
        env = self._hull.shell.env
        before = env.get(VARIABLE)
        scope = self.enter(word, flags, block=True)
        try:
            yield scope.entered
        finally:
            told = self.leave(scope)
            self._restore(before)
            if told:
                sys.stderr.write(f"{told}\n")

    def close(self) -> None:
        """Leave everything: the shell ends. A copy of the shell leaves nothing, it never entered."""
        if self._scopes and os.getpid() == self._owner:
            self.leave(self._scopes[0])

    def _say(self, scope: Scope | None) -> None:
        self._restore(scope.key if scope is not None else None)

    def _restore(self, key: str | None) -> None:
        env = self._hull.shell.env
        if key is not None:
            env[VARIABLE] = key
        elif VARIABLE in env:
            del env[VARIABLE]

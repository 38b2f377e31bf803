"""A command in the entered container, as a job of the shell like any other."""

import os

from hull.errors import HullError
from hull.light import TYPE_CHECKING, Any
from hull.xonsh import redirecting
from hull.xonsh.caller import caller
from hull.xonsh.scope import environ_of, noted, pairs
from hull.xonsh.starting import Native, Start

if TYPE_CHECKING:
    from hull.xonsh.scope import Scope
    from hull.xonsh.scopes import Scopes


class Inside(Native):
    """Start a command inside; alone on the terminal it has a process group that shells in there can work with."""

    def __init__(self, hull: Any, prepare: Any) -> None:
        self._hull = hull
        self._prepare = prepare

    def decorate_spec_pre_run(self, pipeline: Any, spec: Any, number: int) -> None:
        """Plan the command, now that its place is known."""
        alone = len(pipeline.specs) == 1 and not spec.background and spec.captured in (False, "hiddenobject")
        launch = self._prepare(alone and spec.stdin is None and spec.stdout is None and _terminal())
        Start(self._hull, launch).decorate_spec_pre_run(pipeline, spec, number)


def start(  # noqa: PLR0917 (each is a different fact)
    hull: Any, scopes: "Scopes", scope: "Scope", spec: Any, words: list[Any], redirects: list[tuple[Any, ...]]
) -> list[Any]:
    """Return the command that xonsh is to hold in place of `words`, and let it start what runs inside."""
    from xonsh.tools import XonshError

    from hull.commands._entered import Command

    if not scope.entered.alive:
        raise XonshError(scopes.gone(scope))
    environ = environ_of(hull.shell, spec.env)
    hidden = bool(hull.shell.env.get("DOTGLOB"))
    streams = redirecting.read(redirects, lambda word: scope.text(word, environ))
    steps = (*streams.steps, *(scope.step(word, environ, hidden=hidden) for word in words))
    changes = scope.changes(environ, tuple(spec.env or ()))
    opened = any(step[0] == "stream" and step[1] in "01" for step in streams.steps)

    def prepare(terminal: bool) -> Any:
        command = Command(
            noted(steps), steps, pairs(changes), pairs(scope.passed(environ)), scope.directory, terminal and not opened
        )
        try:
            with caller(environ):
                return scope.entered.launch(command)
        except HullError as error:
            if not scope.entered.alive:
                raise XonshError(scopes.gone(scope)) from None
            raise XonshError(f"hull: {error.message} ({error.hint})") from None

    spec.add_decorator(Inside(hull, prepare))
    return [hull.engine().launcher(), *map(str, words), *streams.left]


def _terminal() -> bool:
    return os.isatty(0) and os.isatty(1)

"""`hull` as a Python name at a prompt: `[c for c in hull.ps() if c.image == "debian"]`, while `hull ps` is a command.

xonsh takes a line for Python where it can be Python and knows every name of it. With a Python name hull, that is true
of `hull` alone and of a few lines that are only flags; those are said with a word that leaves no doubt.
"""

from collections.abc import Callable

from hull.light import Any
from hull.xonsh.caller import caller

AGAIN = {
    "hull": "hull help", "hull -h": "hull help", "hull --help": "hull help",
    "hull -v": "hull version", "hull -V": "hull version", "hull --version": "hull version",
}  # fmt: skip


def command_again(cmd: str, **_: Any) -> str | None:
    """Handle on_transform_command: say a command that could be Python so that it cannot."""
    said = AGAIN.get(cmd.strip())
    return None if said is None else cmd.replace(cmd.strip(), said)


class Values:
    """What `import hull` gives, with the shell's variables in force: $HULL_ROOT of the prompt is that of the values."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __getattr__(self, name: str) -> Any:
        import hull

        found = getattr(hull, name)
        return self._as_called(found) if callable(found) and not isinstance(found, type) else found

    def __dir__(self) -> list[str]:
        import hull

        return hull.__all__

    def __repr__(self) -> str:
        return "<hull: a command, and a Python module: help(hull.run), hull.ps()>"

    def _as_called(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import functools

        @functools.wraps(function)
        def called(*words: Any, **flags: Any) -> Any:
            with caller(self._shell.env.detype()):
                return function(*words, **flags)

        return called

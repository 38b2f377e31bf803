"""What answers inside the shell: values, help, failures and completion."""

import itertools
import sys
from collections.abc import Iterator

from hull.light import Any

INLINE = "_hull_py"
FAILED = 125


class Inline:
    """The part of `hull` that answers inside the shell: values, help and failures."""

    __name__ = INLINE

    def __init__(self, hull: Any) -> None:
        self._hull = hull
        self._kept: dict[str, Any] = {}
        self._numbers = itertools.count()

    def keep(self, value: Any) -> list[str]:
        """Return the command that shows a value (or raises a failure) which is already there."""
        key = f"--kept={next(self._numbers)}"
        self._kept[key] = value
        return [INLINE, key]

    def __call__(self, args: list[str], _stdin: Any = None, stdout: Any = None, stderr: Any = None, **_: Any) -> int:
        """Show what a line asks for; the exit code is hull's."""
        from hull.present import explain, show

        output, row = "", None
        try:
            if args and args[0] in self._kept:
                value = self._taken(args[0])
            else:
                call = self._hull.read(args)
                output, row = call.output, call.row
                value = call(self._hull.engine)
            if value is not None:
                show(value, stdout or sys.stdout, output, row)
        except Exception as error:  # noqa: BLE001 (the edge)
            if done := getattr(error, "done", None):
                show(done, stdout or sys.stdout, output, row)
            (stderr or sys.stderr).write(f"{explain(error)}\n")
            return int(getattr(error, "exit_code", FAILED))
        return int(getattr(value, "exit_code", 0))

    def _taken(self, key: str) -> Any:
        kept = self._kept.pop(key)
        if isinstance(kept, BaseException):
            raise kept
        return kept

    def xonsh_complete(self, command: Any, **_: Any) -> Iterator[Any]:
        """Complete a line that begins with another name of hull; xonsh finds this because it resolves here."""
        yield from self._hull.completing.complete(command)

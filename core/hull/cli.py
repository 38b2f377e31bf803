"""The command line: argv → verb → present → exit code.

0 is success, 125 any failure of hull's own; what run and exec start gives its own code, because this process becomes
the launcher.
"""

import os
import sys
from typing import TYPE_CHECKING, Any

from hull.commands._line import Call, read
from hull.engine import Engine
from hull.errors import HullError
from hull.log import Event

if TYPE_CHECKING:
    from hull.progress import Progress

INTERNAL = 125


def run(argv: list[str]) -> int:
    """Carry out one command line; return the exit code. Does not return where a container's program takes over."""
    try:
        call = read(argv)
        return _carry_out(call)
    except HullError as error:
        return report(error)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 (the edge: nothing else would tell the user)
        return confess(error)


def _carry_out(call: Call) -> int:
    events = Reporter(quiet=bool(call.flags.get("quiet")))
    engines: list[Engine] = []

    def make() -> Engine:
        engines.append(Engine(events=events))
        return engines[0]

    try:
        value = call(make)
    finally:
        events.close()
    if is_launch(value):
        sys.stdout.flush()
        engines[0].become(value)
    if value is not None:
        from hull.present import show

        show(value, sys.stdout, call.output, call.fields)
    return int(getattr(value, "exit_code", 0))


def is_launch(value: Any) -> bool:
    """Whether a verb's value is a prepared start rather than something to show."""
    return hasattr(value, "plan") and hasattr(value, "words")


class Reporter:
    """Take events to standard error; the drawing code is imported when the first one comes."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._progress: Progress | None = None

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if self._progress is None:
            from hull.progress import Progress

            self._progress = Progress(sys.stderr, quiet=self._quiet)
        self._progress(event)

    def close(self) -> None:
        """Leave the cursor below what was drawn."""
        if self._progress is not None:
            self._progress.close()


def report(error: HullError) -> int:
    """Print a failure hull raised on purpose; return its exit code."""
    if os.environ.get("HULL_DEBUG"):
        _traceback(error)
    print(explain(error), file=sys.stderr)  # noqa: T201
    return error.exit_code


def explain(error: HullError) -> str:
    """Return message and hint as every front shows them."""
    return f"hull: {error.message}" + (f"\n  hint: {error.hint}" if error.hint else "")


def confess(error: Exception) -> int:
    """Tell of a failure nobody foresaw, and where its traceback is."""
    if os.environ.get("HULL_DEBUG"):
        _traceback(error)
        where = "the traceback is above"
    else:
        where = f"the traceback is in {_save(error)}; HULL_DEBUG=1 prints it"
    print(f"hull: this is a fault in hull: {type(error).__name__}: {error}\n  hint: {where}", file=sys.stderr)  # noqa: T201
    return INTERNAL


def _traceback(error: Exception) -> None:
    import traceback

    traceback.print_exception(error)


def _save(error: Exception) -> str:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="hull-traceback-", suffix=".txt", delete=False) as file:
        traceback.print_exception(error, file=file)
    return file.name

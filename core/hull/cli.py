"""The command line: argv → verb → present → exit code.

0 is success, 125 any failure of hull's own; what run and exec start gives its own code, because this process becomes
the launcher.
"""

import sys
from collections.abc import Callable

from hull.commands._line import Call, read
from hull.engine import Engine
from hull.errors import HullError
from hull.light import TYPE_CHECKING, Any
from hull.log import Event, Events

if TYPE_CHECKING:
    from hull.progress import Progress

INTERNAL = 125


def run(argv: list[str]) -> int:
    """Carry out one command line; return the exit code. Does not return where a container's program takes over."""
    try:
        call = read(argv)
        return _carry_out(call)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 (the edge: nothing else would tell the user)
        from hull.present import explain

        sys.stderr.write(f"{explain(error)}\n")
        return int(getattr(error, "exit_code", INTERNAL))


def _carry_out(call: Call) -> int:
    events = Reporter(quiet=bool(call.flags.get("quiet")))
    engines: list[Engine] = []

    def make() -> Engine:
        engines.append(Engine(events=events))
        return engines[0]

    try:
        value = _asked_of(call, make, events)
    except HullError as error:
        if error.done:
            from hull.present import show

            show(error.done, sys.stdout, call.output, call.row)
            sys.stdout.flush()
        raise
    finally:
        events.close()
    if call.starts(value):
        engines[0].become(value)
    if hasattr(value, "passed"):
        return int(value.passed())
    if hasattr(value, "full_screen"):
        from hull.ui import full_screen

        return full_screen(value)
    if hasattr(value, "served"):
        from hull.api.server import serve

        return serve(value)
    if hasattr(value, "__next__"):
        from hull.output import pour

        pour(value, sys.stdout, sys.stderr)
    elif value is not None:
        from hull.present import show

        show(value, sys.stdout, call.output, call.row)
    return int(getattr(value, "exit_code", 0))


def _asked_of(call: Call, make: Callable[[], Engine], events: Events) -> Any:
    """Return the verb's value, of this machine's engine or the chosen context's."""
    if call.elsewhere:
        from hull.remote import carrying

        if not carrying.is_here(call):
            return carrying.carry(call, events)
    return call(make)


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

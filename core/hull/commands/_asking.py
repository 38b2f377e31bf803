"""The one question before something is removed that the user did not name."""

import sys

from hull.errors import UserError


def confirm(verb: str, warning: str, way: str) -> None:
    """Ask on a terminal; elsewhere nobody could answer, so nothing is done. `way` is the command that does not ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError(f"cannot {verb} without asking: there is no terminal", way)
    sys.stderr.write(f"WARNING! {warning}\nAre you sure you want to continue? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError(f"nothing was {verb}d", f"answer y, or {way}")

"""Whether a verb can have the whole terminal."""

import os
import sys

from hull.errors import HostError, UserError

DUMB = ("", "dumb", "unknown")


def check(what: str, instead: str, dumb: str = "") -> None:
    """Say why this place cannot do `what`; `instead` and `dumb` are what to do without a good one."""
    if not (os.isatty(0) and os.isatty(1)):
        raise UserError(f"cannot {what}: there is no terminal", instead)
    if (kind := os.environ.get("TERM", "")) in DUMB:
        raise UserError(
            f"cannot {what} on a terminal of type {kind or 'nothing'!r}: it cannot place the cursor",
            f"set TERM to what the terminal is, as TERM=xterm-256color; or {dumb or instead}",
        )
    from importlib.util import find_spec

    if find_spec("prompt_toolkit") is None:
        raise HostError(
            f"cannot {what}: prompt_toolkit is not installed",
            f"{sys.executable} -m pip install 'hull[ui]', or prompt_toolkit alone",
        )

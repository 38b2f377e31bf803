"""The terminal's Ctrl-Z, given back."""

import contextlib
from collections.abc import Callable

from hull.light import Any


def suspend_repair() -> Callable[..., None]:
    """Return an on_precommand handler that gives the terminal its Ctrl-Z back.

    xonsh takes the suspend character away while it reads a captured command and can restore the taken-away state.
    """
    import termios

    try:
        saved = termios.tcgetattr(0)[6][termios.VSUSP]
    except (termios.error, OSError):
        saved = b"\0"

    def repair(**_: Any) -> None:
        with contextlib.suppress(termios.error, OSError):
            now = termios.tcgetattr(0)
            if saved != b"\0" and now[6][termios.VSUSP] == b"\0":
                now[6][termios.VSUSP] = saved
                termios.tcsetattr(0, termios.TCSANOW, now)

    return repair

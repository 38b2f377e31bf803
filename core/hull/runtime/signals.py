"""Signals by name and number, as Docker and Dockerfiles write them: TERM, SIGTERM, 15, RTMIN+3."""

import signal

from hull.errors import UserError


def number(word: str) -> int:
    """Return the signal's number."""
    name = word.strip().upper().removeprefix("SIG")
    try:
        if name.isdigit():
            value = int(name)
        elif name.startswith(("RTMIN", "RTMAX")):
            value = getattr(signal, "SIG" + name[:5]) + int(name[5:] or 0)
        else:
            value = getattr(signal, "SIG" + name)
    except (AttributeError, ValueError):
        value = 0
    if not 0 < value < signal.NSIG:
        raise UserError(f"cannot send the signal {word!r}: there is none of that name", "kill -l lists them")
    return int(value)


def name(value: int) -> str:
    """Return a name that `number` reads back: TERM, RTMIN+3."""
    if signal.SIGRTMIN <= value <= signal.SIGRTMAX:
        return "RTMIN" if value == signal.SIGRTMIN else f"RTMIN+{value - signal.SIGRTMIN}"
    try:
        return signal.Signals(value).name.removeprefix("SIG")
    except ValueError:
        return str(value)

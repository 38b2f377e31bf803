"""What a try's last start decided, kept beside its upper directory for whoever looks at it later: one JSON object."""

import os

from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import from_json

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = "trial"


class Decided(NamedTuple):
    """What a start decided: `why` this engine, in words; `left` is not as on the host, `hidden` is empty inside."""

    engine: str
    why: str
    pieces: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    env: tuple[str, ...] = ()


def note(directory: str, decided: Decided, as_json: "Callable[[object], str]") -> None:
    """Keep it in the container's own directory."""
    with open(f"{directory}/{FILE}", "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(as_json(decided._asdict()))


def read(directory: str) -> Decided | None:
    """Return what the last start decided; None where nothing started yet."""
    import json

    try:
        with open(f"{directory}/{FILE}", encoding="utf-8", errors="surrogateescape") as file:
            values = json.load(file)
    except (FileNotFoundError, ValueError):
        return None
    return Decided(**from_json(values))


def when(directory: str) -> float | None:
    """Return when that was, seconds since the epoch."""
    try:
        return os.stat(f"{directory}/{FILE}").st_mtime
    except OSError:
        return None

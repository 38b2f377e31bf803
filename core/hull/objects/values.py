"""Small values, and how Python's become a verb's: a list, a dict or a path where the command line has words."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from hull.commands._verb import derive
from hull.engine import Engine
from hull.log import Event

Row = TypeVar("Row")


class Volume(NamedTuple):
    """A named volume, for `volume=[Volume("data").at("/srv")]`; it is made when first mounted."""

    name: str

    def __str__(self) -> str:
        return self.name

    def at(self, target: str, *, readonly: bool = False) -> str:
        """Return the word that mounts it."""
        return f"{self.name}:{target}{':ro' if readonly else ''}"


class Network(NamedTuple):
    """A network by its name, for `network=Network("none")`."""

    name: str

    def __str__(self) -> str:
        return self.name


def table(rows: Iterable[Any], row: type[Row]) -> list[Row]:
    """Return the rows of this class as a list that a notebook shows as a table."""
    from hull.faces.shown import Table

    return Table([one for one in rows if isinstance(one, row)], row)


def faced(value: Any) -> Any:
    """Return what a verb returned with a face for notebooks, equal to it."""
    from hull.faces.shown import face

    return face(value)


def engine() -> Engine:
    """Return a new engine of this process's, which goes on when its containers start; what it tells goes to logging."""
    made = Engine(events=_tell)
    made.resident = True
    return made


def _tell(event: Event) -> None:
    import logging

    if event.kind != "progress":
        level = logging.WARNING if event.kind == "warning" else logging.INFO
        logging.getLogger("hull").log(level, "%s: %s", event.subject, event.text)


def words(value: Any) -> tuple[str, ...]:
    """Return words: of one word, of many, of a mapping NAME=VALUE each (NAME alone where the value is None)."""
    if isinstance(value, str | os.PathLike | Volume | Network):
        return (word(value),)
    if isinstance(value, Mapping):
        return tuple(str(key) if inner is None else f"{key}={word(inner)}" for key, inner in value.items())
    return tuple(map(word, value))


def word(value: Any) -> str:
    """Return one word: a path's, a name's, a number's."""
    return os.fsdecode(value) if isinstance(value, os.PathLike | bytes) else str(value)


def flags(verb: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a verb's flags as it takes them."""
    known = {flag.name: flag for flag in derive(verb.__name__, verb).flags}
    made = {}
    for name, value in given.items():
        flag = known.get(name)
        if flag is None or value is None or isinstance(value, bool):
            made[name] = value
        else:
            made[name] = words(value) if flag.many else word(value) if flag.kind is str else value
    return made

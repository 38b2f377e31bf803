"""`--in` and `--out` of a cell: which variables travel, and who carries them."""

import os
from collections.abc import Mapping

from hull.errors import UserError
from hull.ipython import interpreters
from hull.ipython.cells import Asked
from hull.light import Any
from hull.values.exchange import Exchange


def exchange(asked: Asked, interpreter: tuple[str, ...], text: str, names: Mapping[str, Any]) -> Exchange:
    """Return what carries the values of a cell, a context manager."""
    place = asked.name or next((word for word in asked.words if not word.startswith("-")), "the container")
    values = {name: _value(name, names) for name in _names(asked.values)}
    if interpreters.family(interpreter[0]) != "python":
        raise UserError(
            f"cannot give values to {interpreter[0]} in {place}: it is no Python",
            "--interpreter python3, where the image has one",
        )
    return Exchange(place, text, values, _names(asked.out), trust=asked.trust)


def stdin(carrier: Exchange, *, terminal: bool) -> Any:
    """Return the standard input of a cell alone: it brings the values. What the cell itself reads is the terminal."""
    if terminal:
        return carrier.stdin(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    try:
        return carrier.stdin(empty)
    finally:
        os.close(empty)


def _names(words: str) -> list[str]:
    return words.replace(",", " ").split()


def _value(name: str, names: Mapping[str, Any]) -> Any:
    if name not in names:
        raise UserError(f"cannot send {name}: there is no such variable", "--in takes names: --in df,model")
    return names[name]

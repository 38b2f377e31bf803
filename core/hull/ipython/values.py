"""`--in` and `--out` of a cell: which variables travel, and who carries them."""

import os
import sys
from collections.abc import Mapping

from hull.errors import UserError
from hull.ipython import cells, interpreters
from hull.ipython.cells import Asked
from hull.light import Any
from hull.values.exchange import Exchange


def exchange(asked: Asked, interpreter: tuple[str, ...], text: str, names: Mapping[str, Any]) -> Exchange:
    """Return what carries the values of a Python's cell, a context manager."""
    place = _place(asked)
    if interpreters.family(interpreter[0]) != "python":
        raise UserError(
            f"cannot give values to {interpreter[0]} in {place}: it is no Python, and the container runs already",
            f"%%hull IMAGE --interpreter {interpreter[0]}, without a name, takes values as JSON in files",
        )
    return Exchange(place, text, _values(asked, names), _names(asked.out), trust=asked.trust)


def carry(
    engine: Any, asked: Asked, interpreter: tuple[str, ...], text: str, *, names: Mapping[str, Any], run: Any
) -> dict[str, Any]:
    """Carry out a cell alone, its container its own; return the values that it gives back.

    `run(call, stdin)` starts what a verb's call prepares and returns its exit code. To a Python values go as they are,
    to what is none as JSON in files.
    """
    if interpreters.family(interpreter[0]) == "python" or asked.verb == "exec":
        with exchange(asked, interpreter, text, names) as carrier:
            call, _ = cells.cell(asked, interpreter, carrier.BOOT)
            return carrier.collect(run(call, _stdin(carrier)))
    from hull.commands._unused import remove_tree
    from hull.values.files import Files

    base, out = engine.paths.runtime, _names(asked.out)
    with Files(_place(asked), _values(asked, names), out, base, lambda path: remove_tree(engine, path)) as files:
        call, stdin = cells.cell(asked, interpreter, text)
        call = call._replace(flags={**call.flags, "volume": (*call.flags.get("volume", ()), files.volume)})
        return files.collect(run(call, stdin))


def _stdin(carrier: Exchange) -> Any:
    """Return a cell's standard input, which brings the values. What the cell itself reads is the terminal, or empty."""
    if "ipykernel" not in sys.modules and os.isatty(0):
        return carrier.stdin(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    try:
        return carrier.stdin(empty)
    finally:
        os.close(empty)


def _place(asked: Asked) -> str:
    return asked.name or next((word for word in asked.words if not word.startswith("-")), "the container")


def _values(asked: Asked, names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(name, names) for name in _names(asked.values)}


def _names(words: str) -> list[str]:
    return words.replace(",", " ").split()


def _value(name: str, names: Mapping[str, Any]) -> Any:
    if name not in names:
        raise UserError(f"cannot send {name}: there is no such variable", "--in takes names: --in df,model")
    return names[name]

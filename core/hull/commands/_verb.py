"""One definition of a verb gives its flags, help and completion in every front: the function's own signature.

A verb is `def NAME(engine, positional…, *, flag…)` in `hull/commands/NAME.py`. Each parameter is annotated
`Annotated[type, Flag(…)]` or `Annotated[type, Word(…)]`; types are bool (a switch), str, int, float, `X | None`, and
tuple[str, ...] (repeatable flag, or as the last positional: the rest of the line). Verbs return values, never print.
"""

from typing import NamedTuple


class Flag(NamedTuple):
    """A keyword-only parameter. `complete` names what its value is: image, container, network, path, choice…"""

    help: str
    short: str = ""
    metavar: str = ""
    complete: str = ""
    choices: tuple[str, ...] = ()
    long: str = ""


class Word(NamedTuple):
    """A positional parameter. With `rest`, everything from here on is data, `--` and options included."""

    help: str
    metavar: str = ""
    complete: str = ""
    rest: bool = False

"""`%%try`: a cell in a try, a fresh process of an interpreter of this machine as it is seen there."""

import sys
from collections.abc import Callable

from hull.commands._line import Call, parse
from hull.commands._verb import load
from hull.errors import UserError
from hull.ipython import cells, interpreters

NAMES = ("-n", "--name")


def call_of(words: list[str], text: str, exists: Callable[[str], bool]) -> cells.Cell:
    """Return the try of a cell: `%%try [-n NAME] [FLAGS] [PROGRAM [ARG…]]`, Python where no program is named.

    A name whose try is there goes on in it. The text is an argument where the program takes one, else its input.
    """
    call = parse(load("try"), ["--name" if word == "-n" else word for word in words])
    if call.verb is None:
        return cells.Cell(call, None)
    if call.flags.get("tty"):
        raise UserError(*cells.NO_TERMINAL)
    said = call.words[0] if call.words else ()
    program, *rest = said or (sys.executable,)
    flags = interpreters.script_flags(program)
    inline = bool(flags) and len(text.encode()) < cells.ARGUMENT_LIMIT
    command = (program, *rest, *flags, text) if inline else (program, *rest)
    given = {"interactive": True, **call.flags, "tty": False}
    name = given.pop("name", "")
    given["in_" if name and exists(name) else "name"] = name
    return cells.Cell(Call(call.function, (command,), given, call.output, call.verb), None if inline else text.encode())

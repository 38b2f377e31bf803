"""What a line and a cell of `%hull` mean, before anything runs."""

import re
import shlex
from collections.abc import Mapping

from hull.commands._line import Call, parse
from hull.commands._verb import load
from hull.errors import UserError
from hull.ipython import interpreters
from hull.light import Any, NamedTuple

NAME = re.compile(r"\{([A-Za-z_]\w*)\}")
ARGUMENT_LIMIT = 128 * 1024 - 1  # the kernel's MAX_ARG_STRLEN
OPTIONS = {  # a cell's own, each with a value
    "--interpreter": "interpreter",
    "-n": "name",
    "--name": "name",
    "--in": "values",
    "--out": "out",
}
SWITCHES = {"--keep": "keep", "--trust": "trust"}
NO_TERMINAL = (
    "cannot give a container a terminal: a cell has none",
    "leave out -t, and give the input as a cell: %%hull IMAGE; hull run -it IMAGE in a terminal is for typing",
)


class Asked(NamedTuple):
    """A cell's first line. `verb` is run or exec; `words` are the verb's own, a cell's own options taken out.

    `name` is the container that keeps its state between cells, "" for one that is gone with its cell; `keep` lets it
    outlive the kernel; `interpreter` is empty where the image decides. `values` and `out` name the variables that go in
    and come back; `trust` lets the container answer with a pickle.
    """

    verb: str
    words: tuple[str, ...]
    name: str = ""
    keep: bool = False
    interpreter: tuple[str, ...] = ()
    values: str = ""
    out: str = ""
    trust: bool = False


class Cell(NamedTuple):
    """A run or exec of a cell's text. `stdin` is that text where the interpreter cannot take it as an argument."""

    call: Call
    stdin: bytes | None


def split(line: str, names: Mapping[str, Any]) -> list[str]:
    """Return a line's words, `{name}` replaced where `name` is a variable.

    Braces that do not hold a variable's name are text: JSON and awk programs pass. A value is one word whatever it
    holds; a list or tuple that is the whole word becomes its items.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UserError(f"cannot read the line: {error}", "close the quotes") from None
    result: list[str] = []
    for word in words:
        whole = NAME.fullmatch(word)
        value = names.get(whole[1]) if whole else None
        if isinstance(value, list | tuple):
            result += [str(item) for item in value]
        else:
            result.append(NAME.sub(lambda m: str(names[m[1]]) if m[1] in names else m[0], word))
    return result


def asked(words: list[str]) -> Asked:
    """Read the words of `%%hull [-n NAME] [--keep] [IMAGE] [--interpreter X] [flags of run]`, or of `%%hull exec …`."""
    verb = words[0] if words and words[0] in ("run", "exec") else ""
    found: dict[str, Any] = {}
    rest: list[str] = []
    coming = iter(words[1:] if verb else words)
    for word in coming:
        flag, equals, value = word.partition("=")
        if word in SWITCHES:
            found[SWITCHES[word]] = True
        elif flag in OPTIONS:
            text = value if equals else next(coming, None)
            if text is None:
                raise UserError(f"the flag {flag} needs a value", "%%hull [-n NAME] IMAGE [--interpreter PROGRAM]")
            found[OPTIONS[flag]] = text
        else:
            rest.append(word)
    if "interpreter" in found:
        found["interpreter"] = tuple(shlex.split(found["interpreter"]))
    if found.get("name") and verb == "exec":
        raise UserError("cannot use -n together with exec", f"%%hull -n {found['name']} runs cells in that container")
    if found.get("keep") and not found.get("name"):
        raise UserError("cannot keep a container without a name", "%%hull -n NAME --keep IMAGE")
    return Asked(verb or "run", tuple(rest), **found)


def call_of(line: Asked, command: tuple[str, ...] = (), **flags: Any) -> Call:
    """Return the verb's call, its flags anywhere on the line, `command` behind its words; `flags` are defaults."""
    verb = load(line.verb)
    call = parse(verb._replace(words=verb.words[:1]), list(line.words))
    if call.verb is None:
        return call
    return call._replace(words=(*call.words, command), flags={**flags, **call.flags})


def cell(line: Asked, interpreter: tuple[str, ...], text: str) -> Cell:
    """Return the run of a cell whose container is removed when it ends, unless --rm=false, or its exec."""
    program, *rest = interpreter
    flags = interpreters.script_flags(program)
    inline = bool(flags) and len(text.encode()) < ARGUMENT_LIMIT
    command = (*rest, *flags, text) if inline else tuple(rest)
    defaults: dict[str, Any] = {"entrypoint": program, "rm": True} if line.verb == "run" else {}
    call = call_of(line, command, **defaults)
    if call.verb is not None and call.flags.get("entrypoint") != program:
        call = call._replace(words=(*call.words[:-1], (program, *command)))
    return Cell(call, None if inline or call.verb is None else text.encode())

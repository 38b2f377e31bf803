"""What a line and a cell of `%hull` mean, before anything runs."""

import re
import shlex
from collections.abc import Mapping

from hull.commands._line import Call, parse
from hull.commands._verb import load
from hull.errors import UserError
from hull.light import Any, NamedTuple

NAME = re.compile(r"\{([A-Za-z_]\w*)\}")
ARGUMENT_LIMIT = 128 * 1024 - 1  # the kernel's MAX_ARG_STRLEN
SCRIPT_FLAGS = {
    **dict.fromkeys(("sh", "bash", "dash", "ash", "zsh", "ksh", "python", "python3"), "-c"),
    **dict.fromkeys(("perl", "ruby", "node"), "-e"),
}


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


def cell(words: list[str], text: str) -> Cell:
    """Return the run of `%%hull IMAGE [--interpreter X] [flags of run]`, or of `%%hull exec CONTAINER …`.

    A cell's container is removed when it ends, unless --rm=false.
    """
    name = words[0] if words and words[0] in ("run", "exec") else ""
    interpreter, words = _interpreter(words[1:] if name else words)
    verb = load(name or "run")
    flags_anywhere = verb._replace(words=verb.words[:1])
    call = parse(flags_anywhere, words)
    if call.verb is None:
        return Cell(call, None)
    program, *rest = interpreter
    flag = SCRIPT_FLAGS.get(program.rpartition("/")[2].rstrip("0123456789.") or program)
    inline = flag is not None and len(text.encode()) < ARGUMENT_LIMIT
    command = (*rest, flag, text) if inline else tuple(rest)
    flags = dict(call.flags)
    if verb.name == "run":
        flags = {"entrypoint": program, "rm": True, **flags}
        command = command if flags["entrypoint"] == program else (program, *command)
    else:
        command = (program, *command)
    words_of_verb = (*call.words, tuple(str(word) for word in command))
    return Cell(call._replace(words=words_of_verb, flags=flags), None if inline else text.encode())


def _interpreter(words: list[str]) -> tuple[list[str], list[str]]:
    for at, word in enumerate(words):
        if word.startswith("--interpreter="):
            return shlex.split(word.partition("=")[2]) or ["sh"], words[:at] + words[at + 1 :]
        if word == "--interpreter" and at + 1 < len(words):
            return shlex.split(words[at + 1]) or ["sh"], words[:at] + words[at + 2 :]
    return ["sh"], words

"""A Dockerfile's text into its value."""

from hull.dockerfile import heredocs, instructions
from hull.dockerfile.lines import Lines
from hull.dockerfile.model import Arg, Dockerfile, From, Instruction, Stage
from hull.dockerfile.place import DockerfileError
from hull.dockerfile.statement import Statement, take_apart

LONGEST = 16 << 20
TRIGGER = "ONBUILD"  # what the text of a base image's trigger is called


def parse(text: str | bytes, file: str = "Dockerfile") -> Dockerfile:
    """Return what the text says; a `DockerfileError` names the place where it says nothing that can be built.

    Bytes that are no UTF-8 go through as they are (surrogateescape).
    """
    lines = Lines(_checked(text, file), file)
    arguments: list[Arg] = []
    stages: list[tuple[From, list[Instruction]]] = []
    while statement := _next(lines):
        if statement.keyword == "FROM":
            stages.append((instructions.from_(statement), []))
            continue
        instruction = instructions.read(statement)
        if stages:
            stages[-1][1].append(instruction)
        elif isinstance(instruction, Arg):
            arguments.append(instruction)
        else:
            raise statement.error(f"{statement.keyword} before the first FROM", "begin with FROM IMAGE", 0)
    if not stages:
        raise DockerfileError(file, 1, 1, "", "there is no FROM: nothing to build from", "begin with FROM IMAGE")
    made = tuple(Stage(number, origin, tuple(steps)) for number, (origin, steps) in enumerate(stages))
    return Dockerfile(file, made, tuple(arguments), lines.escape, tuple(lines.directives.items()))


def trigger(text: str, file: str = TRIGGER) -> Instruction:
    """Return the instruction that an image's ONBUILD trigger is; here-documents follow it in the same text."""
    lines = Lines(_checked(text, file), file)
    statement = _next(lines)
    if statement is None:
        raise DockerfileError(file, 1, 1, text.split("\n", 1)[0], "the base image's ONBUILD trigger is empty")
    if statement.keyword in {"FROM", "ONBUILD", "MAINTAINER"}:
        raise statement.error(f"{statement.keyword} is not allowed as an ONBUILD trigger", offset=0)
    return instructions.read(statement)


def _next(lines: Lines) -> Statement | None:
    line = lines.next()
    if line is None:
        return None
    return heredocs.read(take_apart(line, lines.place(line), lines.escape), lines)


def _checked(text: str | bytes, file: str) -> str:
    if len(text) > LONGEST:
        raise DockerfileError(file, 1, 1, "", f"the file is larger than {LONGEST >> 20} MiB", "name a Dockerfile")
    decoded = text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")
    if "\0" in decoded:
        before = decoded[: decoded.index("\0")]
        number, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        shown = decoded.split("\n")[number - 1]
        raise DockerfileError(file, number, column, shown, "there is a NUL: this is no text", "name a Dockerfile")
    return decoded

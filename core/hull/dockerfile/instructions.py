"""Each instruction, read from its statement; the table at the end says which function reads which."""

import re
from collections.abc import Callable

from hull.dockerfile.flags import Flags
from hull.dockerfile.model import (
    Arg,
    Cmd,
    Command,
    Entrypoint,
    Env,
    Expose,
    From,
    HealthCheck,
    Instruction,
    Label,
    Maintainer,
    OnBuild,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)  # fmt: skip
from hull.dockerfile.statement import BLANK, Statement, Word, blank_words, json_words, quoted_words
from hull.dockerfile.steps import copy, run
from hull.light import NoReturn

STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*", re.ASCII)
RETRIES = 1 << 31


def from_(statement: Statement) -> From:
    """Read FROM."""
    flags, words = Flags(statement, ("platform",)), blank_words(statement)
    if len(words) not in {1, 3} or (len(words) == 3 and words[1].text.lower() != "as"):  # noqa: PLR2004 (image AS name)
        raise statement.error("FROM needs an image, or an image AS a name", "FROM debian:12 AS build")
    name = words[2].text.lower() if len(words) > 1 else ""
    if name and not STAGE_NAME.fullmatch(name):
        raise statement.error(
            f"{words[2].text!r} is no name of a stage", "a letter; then letters, digits, - _ .", words[2].offset
        )
    return From(statement.place, words[0].text, name, flags.text("platform"))


def _one(statement: Statement) -> str:
    """Return the whole rest, which must be there; no flags."""
    Flags(statement)
    if not statement.rest:
        raise statement.error(f"{statement.keyword} needs exactly one argument")
    return statement.rest


def _pairs(statement: Statement) -> tuple[tuple[str, str], ...]:
    """Return `key=value` pairs, or the one of the old form `key value`."""
    Flags(statement)
    words = quoted_words(statement)
    if not words:
        raise statement.error(f"{statement.keyword} needs at least one argument", f"{statement.keyword} KEY=VALUE")
    if "=" not in words[0].text:
        key, *values = re.split(f"[{BLANK}]+", statement.rest, maxsplit=1)
        if not values:
            raise statement.error(f"{statement.keyword} needs a key and a value", f"{statement.keyword} KEY=VALUE")
        return ((key, values[0]),)
    return tuple(_pair(statement, word) for word in words)


def _pair(statement: Statement, word: Word) -> tuple[str, str]:
    key, equals, value = word.text.partition("=")
    if not equals:
        raise statement.error(f"{word.text!r} is no KEY=VALUE", "put a value with spaces in quotes", word.offset)
    if not key:
        raise statement.error(f"{statement.keyword} has a value without a name", "write NAME=VALUE", word.offset)
    return key, value


def arg(statement: Statement) -> Arg:
    """Read ARG: names, with or without defaults."""
    Flags(statement)
    words = quoted_words(statement)
    if not words:
        raise statement.error("ARG needs at least one name", "ARG NAME or ARG NAME=DEFAULT")
    return Arg(
        statement.place, tuple(_pair(statement, word) if "=" in word.text else (word.text, None) for word in words)
    )


def command(statement: Statement) -> Command:
    """Return the rest as an argv (the JSON form) or a line for the shell."""
    words = json_words(statement)
    if words is None:
        return Command((statement.rest,) if statement.rest else ())
    return Command(tuple(words), shell=False)


def _plain(statement: Statement) -> Command:
    Flags(statement)
    return command(statement)


def _list(statement: Statement) -> tuple[str, ...]:
    Flags(statement)
    found = json_words(statement)
    words = tuple(word.strip() for word in (found if found is not None else [w.text for w in blank_words(statement)]))
    if not words or not all(words):
        raise statement.error(f"{statement.keyword} needs at least one argument, and none of them empty")
    return words


def shell(statement: Statement) -> Shell:
    """Read SHELL: the JSON form only."""
    Flags(statement)
    words = json_words(statement)
    if not words:
        raise statement.error("SHELL takes the JSON form only", 'SHELL ["/bin/bash", "-c"]')
    return Shell(statement.place, tuple(words))


def healthcheck(statement: Statement) -> HealthCheck:
    """Read HEALTHCHECK: NONE, or CMD and a command."""
    kind = (statement.rest.split(maxsplit=1) or [""])[0]
    after = statement.rest[len(kind) :].strip()
    if kind.upper() == "NONE" and not after:
        Flags(statement)
        return HealthCheck(statement.place, ("NONE",))
    if kind.upper() != "CMD" or not after:
        raise statement.error(
            "HEALTHCHECK takes NONE alone, or CMD and a command", "HEALTHCHECK CMD wget -q -O - localhost"
        )
    times = ("interval", "timeout", "start-period", "start-interval")
    flags = Flags(statement, (*times, "retries"))
    asked = command(
        statement._replace(rest=after, offset=statement.line.text.find(after, statement.offset + len(kind)))
    )
    if not asked.words:
        raise statement.error("HEALTHCHECK CMD needs a command")
    retries = flags.text("retries") or "0"
    if not (retries.isascii() and retries.isdigit() and len(retries) <= len(str(RETRIES)) and int(retries) < RETRIES):
        raise flags.error("retries", f"{retries!r} is no number of times")
    seconds = {name.replace("-", "_"): flags.seconds(name) for name in times}
    test = ("CMD-SHELL" if asked.shell else "CMD", *asked.words)
    return HealthCheck(statement.place, test, retries=int(retries), **seconds)


def onbuild(statement: Statement) -> OnBuild:
    """Read ONBUILD: the trigger is kept as text for the image, and read, so that it cannot be wrong there."""
    Flags(statement)
    inner = statement.inner()
    if not inner.keyword:
        raise statement.error("ONBUILD needs an instruction", "ONBUILD COPY . /app")
    if inner.keyword in {"ONBUILD", "FROM", "MAINTAINER"}:
        raise statement.error(f"{inner.keyword} is not allowed as an ONBUILD trigger")
    trigger = statement.line.text[statement.offset :].rstrip()
    trigger += "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in statement.heredocs)
    return OnBuild(statement.place, trigger, read(inner))


def unknown(statement: Statement) -> NoReturn:
    """Refuse a keyword that no instruction has."""
    import difflib

    close = difflib.get_close_matches(statement.keyword, [*READERS, "FROM"], 1)
    hint = f"did you mean {close[0]}?" if close else "the line before may lack a \\ at its end"
    raise statement.error(f"there is no instruction {statement.keyword!r}", hint, statement.begin)


def read(statement: Statement) -> Instruction:
    """Return the instruction, FROM excepted; what it cannot be is a `DockerfileError` that points at the reason."""
    return READERS.get(statement.keyword, unknown)(statement)


READERS: dict[str, Callable[[Statement], Instruction]] = {
    "ADD": copy,
    "ARG": arg,
    "CMD": lambda one: Cmd(one.place, _plain(one)),
    "COPY": copy,
    "ENTRYPOINT": lambda one: Entrypoint(one.place, _plain(one)),
    "ENV": lambda one: Env(one.place, _pairs(one)),
    "EXPOSE": lambda one: Expose(one.place, _list(one)),
    "HEALTHCHECK": healthcheck,
    "LABEL": lambda one: Label(one.place, _pairs(one)),
    "MAINTAINER": lambda one: Maintainer(one.place, _one(one)),
    "ONBUILD": onbuild,
    "RUN": run,
    "SHELL": shell,
    "STOPSIGNAL": lambda one: StopSignal(one.place, _one(one)),
    "USER": lambda one: User(one.place, _one(one)),
    "VOLUME": lambda one: Volume(one.place, _list(one)),
    "WORKDIR": lambda one: Workdir(one.place, _one(one)),
}

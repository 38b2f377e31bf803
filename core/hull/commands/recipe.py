"""hull recipe: a Containerfile of what was run in a container since its image; a shell script of a try."""

import os
from collections.abc import Iterator

from hull.commands import _recipe
from hull.commands._container import HOST
from hull.commands._files import Files
from hull.commands._recipe import Ran
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import HullError, UserError
from hull.light import Annotated
from hull.runtime import plan
from hull.state.containers import Container

SHELLS = ("sh", "ash", "bash", "dash", "zsh")
HISTORIES = {".bash_history": "bash", ".ash_history": "sh", ".zsh_history": "zsh", ".sh_history": "sh"}
LEAVING = ("exit", "logout", "history", "clear")
HOMES = ("root", "home")


def recipe(
    engine: Engine,
    container: Annotated[str, Word("name or id", complete="container")],
    *,
    shell: Annotated[bool, Flag("with what was typed in its shells (the default); --no-shell without")] = True,
) -> list[str]:
    """Print a Containerfile of a container: its image, what it was told, and the programs that were run in it.

    Of a try on this machine, one with --record, it is a shell script.
    """
    row = engine.containers.find(container)
    if row.spec.image == HOST and row.spec.trial is not None:
        return _script(engine, row)
    if row.spec.image == HOST:
        raise UserError(f"cannot write a recipe of {row.name}: it began with this machine", "hull diff lists changes")
    found = engine.containers.status(row)
    lines = [f"# What was run in {row.name} since its image", f"FROM {row.spec.image}", *_told(row)]
    recorded = row.spec.trial is not None and row.spec.trial.record  # each start is noted, the first one too
    if found.state == "exited" and found.exit_code == 0 and not recorded:
        lines += _run(plan.command(row.spec, row.config))
    lines += _executed(row, _recipe.read(engine, row))
    if shell:
        lines += _typed(engine, row)
    return [*lines, *_started(row)]


def _script(engine: Engine, row: Container) -> list[str]:
    """Return the script of a recorded try: its programs in their order, each in its directory, until one fails."""
    from shlex import join

    ran = _recipe.read(engine, row)
    if row.spec.trial is None or not row.spec.trial.record:
        raise UserError(f"cannot write a recipe of {row.name}: its commands were not kept", "hull try --record …")
    lines, place = ["#!/bin/sh", f"# What was run in the try {row.name}", "set -e"], ""
    for one in ran:
        if _is_bare_shell(one.words):
            continue
        if one.workdir and one.workdir != place:
            place = one.workdir
            lines.append(join(["cd", "--", place]))
        lines.append(join([*(["env", *one.env] if one.env else []), *one.words]))
    return lines


def _is_bare_shell(words: tuple[str, ...]) -> bool:
    """Whether it is a shell without a script, which changes nothing by itself."""
    name = os.path.basename(words[0]) if words else ""
    return not words or (name in SHELLS and all(word in ("-i", "-l", "--login") for word in words[1:]))


def _told(row: Container) -> Iterator[str]:
    for kind, pairs in (("ENV", row.spec.env), ("LABEL", row.spec.labels)):
        for pair in pairs:
            key, _, value = pair.partition("=")
            yield f"{kind} {_quoted(key) if kind == 'LABEL' else key}={_quoted(value)}"
    for mount in row.spec.mounts:
        yield f"# mounted and no part of this: {mount.kind} {mount.target}"
    if row.spec.workdir:
        yield f"WORKDIR {_bare(row.spec.workdir)}"
    if row.spec.user:
        yield f"USER {row.spec.user}"


def _executed(row: Container, ran: list[Ran]) -> Iterator[str]:
    """Yield each program, with the user and the directory that it was given."""
    user, place = usual = (row.spec.user or row.config.user or "0", row.spec.workdir or row.config.workdir or "/")
    for one in ran:
        lines = list(_run(one.words, one.env))
        if not lines:
            continue
        wanted = (one.user or usual[0], one.workdir or usual[1])
        if wanted[1] != place:
            yield f"WORKDIR {_bare(wanted[1])}"
        if wanted[0] != user:
            yield f"USER {wanted[0]}"
        user, place = wanted
        yield from lines
    if place != usual[1]:
        yield f"WORKDIR {_bare(usual[1])}"
    if user != usual[0]:
        yield f"USER {usual[0]}"


def _run(words: tuple[str, ...], env: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the RUN of a command line; a shell without a script changes nothing by itself."""
    import json

    if _is_bare_shell(words):
        return
    script = words[2] if len(words) == 3 and words[0] in ("sh", "/bin/sh") and words[1] == "-c" else ""  # noqa: PLR2004
    plain = bool(script) and not env and "\n" not in script and "<<" not in script
    if plain and script == script.strip() and not script.startswith(("[", "-", "#")) and not script.endswith("\\"):
        yield f"RUN {script}"
        return
    yield f"RUN {json.dumps([*(['env', *env] if env else []), *words], ensure_ascii=False)}"


def _typed(engine: Engine, row: Container) -> Iterator[str]:
    """Yield what shells noted in their histories, each as one script: a line may need the one before."""
    for path in _histories(engine, row):
        lines = [line for line in _text(engine, row, path) if line.strip() and line.split()[0] not in LEAVING]
        if not lines:
            continue
        end = "END"
        while end in lines:
            end += "_"
        interpreter = HISTORIES[os.path.basename(path)]
        yield f"# typed in a shell: {path}"
        yield f"RUN <<'{end}'"
        if interpreter != "sh":
            yield f"#!/usr/bin/env {interpreter}"
        yield from lines
        yield end


def _histories(engine: Engine, row: Container) -> list[str]:
    """Return the histories that the container has and its image has not."""
    found = b"".join(Files(engine, row).still("read the history of").stream("changes"))
    changes = [os.fsdecode(one).partition(" ")[::2] for one in found.split(b"\0") if one]
    return [path for kind, path in changes if kind == "A" and os.path.basename(path) in HISTORIES]


def _text(engine: Engine, row: Container, path: str) -> list[str]:
    import io
    import tarfile

    try:
        data = b"".join(Files(engine, row).live().stream("read", path, "history", ""))
    except HullError:
        return []
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        member = tar.getmembers()[0]
        file = tar.extractfile(member) if member.isreg() else None
        text = "" if file is None else file.read().decode(errors="replace")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    return [
        line.partition(";")[2] if line.startswith(": ") and ";" in line else line for line in lines if line[:1] != "#"
    ]


def _started(row: Container) -> Iterator[str]:
    """Yield what the container starts, where that is not its image's."""
    import json

    if row.spec.entrypoint is not None:
        yield f"ENTRYPOINT {json.dumps([word for word in row.spec.entrypoint if word], ensure_ascii=False)}"
    if row.spec.command:
        yield f"CMD {json.dumps(row.spec.command, ensure_ascii=False)}"


def _quoted(value: str) -> str:
    """Return a value that a Dockerfile reads back as it is; a line break becomes a blank: no word can hold one."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", " ")
    return f'"{escaped}"'


def _bare(path: str) -> str:
    return path.replace("\\", "\\\\").replace("$", "\\$")

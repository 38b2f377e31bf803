"""hull volume: directories with a name, that outlive the containers that mount them."""

import sys
from collections.abc import Iterator

from hull.commands import _asked, _volume_rows, _volumes
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.commands._volume_rows import VolumeRow
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated, Any
from hull.output import Piece

Many = tuple[str, ...]
ACTIONS = ("create", "ls", "inspect", "rm", "prune", "export", "import")
ALIASES = {"list": "ls", "remove": "rm"}


def volume(
    engine: Engine,
    action: Annotated[str, Word("what to do", "ACTION", choices=(*ACTIONS, *ALIASES))],
    names: Annotated[Many, Word("volumes; import: one, and a file or -", "VOLUME", complete="volume")] = (),
    *,
    label: Annotated[Many, Flag("create: attach a label", "l", "KEY[=VALUE]")] = (),
    opt: Annotated[Many, Flag("create: type=none, device=DIR, o=bind stand for a directory", "o", "KEY=VALUE")] = (),
    driver: Annotated[str, Flag("create: there is one", "d", choices=("local",))] = "local",  # noqa: ARG001 (Docker's word)
    quiet: Annotated[bool, Flag("ls: names only", "q")] = False,
    filter: Annotated[
        Many,
        Flag(
            "ls, prune: dangling=, label=, label!=, name=, driver=, until=",
            metavar="FILTER",
            after=("ls", "list"),
            letter="f",
        ),
    ] = (),
    format: Annotated[
        str,
        Flag("ls, inspect: json, a Go template, or table TEMPLATE", metavar="FORMAT", after=("inspect",), letter="f"),
    ] = "",
    all: Annotated[bool, Flag("prune: those with a name, too", "a")] = False,
    force: Annotated[bool, Flag("rm: no complaint if there is none; prune: do not ask", "f")] = False,
    output: Annotated[
        str, Flag("export: write to this file", metavar="FILE", complete="path", after=("export",), letter="o")
    ] = "",
) -> list[VolumeRow] | list[dict[str, Any]] | list[str] | Iterator[Piece] | None:
    """Make volumes, list them, look at them, remove them, carry what they hold.

    `create` makes up a name where none is given. `prune` removes what no container mounts and nobody named. `export`
    and `import` are a tar on standard output and input, or a file; owners are those that containers see.
    """
    action = ALIASES.get(action, action)
    check(action, names)
    if action == "ls":
        rows = _volume_rows.listed(engine, filter)
        return [row.name for row in rows] if quiet and not format else rows
    if action == "prune":
        return _prune(engine, filter, everything=all, force=force)
    if action == "create":
        return [_volumes.create(engine, "".join(names[:1]), label, opt).name]
    return _of_these(engine, action, names, output, force=force)


def _of_these(
    engine: Engine, action: str, names: Many, output: str, *, force: bool
) -> list[dict[str, Any]] | list[str] | Iterator[Piece] | None:
    if action == "inspect":
        return each(names, lambda name: _volume_rows.document(engine, engine.volumes.find(name)))
    if action == "rm":
        return each(names, lambda name: _remove(engine, name, missing_ok=force))
    return _carry(engine, action, names, output)


def _carry(engine: Engine, action: str, names: Many, output: str) -> list[str] | Iterator[Piece] | None:
    if action == "export":
        return _export(engine, names[0], output)
    _import(engine, names[0], "".join(names[1:]) or "-")
    return None


def check(action: str, names: Many) -> None:
    """Refuse a number of names that an action does not take."""
    most = {"ls": 0, "prune": 0, "create": 1, "export": 1, "import": 2}.get(action, len(names))
    if names[most:]:
        raise UserError(f"hull volume {action} does not take {names[most]!r}", "hull volume --help")
    if not names and action not in ("ls", "prune", "create"):
        raise UserError(f"hull volume {action} needs a name", "hull volume ls lists them")


def _remove(engine: Engine, name: str, *, missing_ok: bool) -> str:
    _volumes.remove(engine, name, missing_ok=missing_ok)
    return name


def _prune(engine: Engine, words: Many, *, everything: bool, force: bool) -> list[str]:
    from hull.commands._asking import confirm
    from hull.commands._unused import told

    asked = _asked.words(words, (*_asked.PRUNING, "all"))
    everything = everything or any(value.lower() in ("1", "true") for value in asked.pop("all", ()))
    if not force:
        which = "all" if everything else "anonymous"
        confirm("remove", f"This will remove {which} volumes that no container uses.", "hull volume prune --force")
    return told({"Volumes": _volumes.pruned(engine, asked, named=everything)})


def _export(engine: Engine, name: str, output: str) -> Iterator[Piece] | None:
    from hull.commands import _volume_files

    found = engine.volumes.find(name)
    if not output and sys.stdout.isatty():
        raise UserError("cannot write a tar to a terminal", f"hull volume export -o FILE {name}")
    chunks = _volume_files.read(engine, found)
    if output:
        from hull.commands import export

        export.save(chunks, output)
        return None
    return (Piece(1, chunk) for chunk in chunks)


def _import(engine: Engine, name: str, source: str) -> None:
    from hull.commands import _volume_files

    found = engine.volumes.find(name)
    if source == "-" and sys.stdin.isatty():
        raise UserError("cannot read a tar from a terminal", f"hull volume import {name} FILE")
    _volume_files.write(engine, found, source)

"""hull context: engines by name, and which one the next command is for."""

import os
import sys

from hull.commands import _contexts, _contexts_carried
from hull.commands._contexts import ContextRow
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.contexts.stored import Stored
from hull.errors import Missing, UserError
from hull.light import Annotated, Any
from hull.output import Output, Piece

Many = tuple[str, ...]
ALIASES = {"list": "ls", "remove": "rm"}
ACTIONS = ("ls", "create", "rm", "use", "show", "inspect", "update", "export", "import")
MAKING = ("create", "update")


def context(  # noqa: PLR0911 (an action each)
    engine: None,  # noqa: ARG001
    action: Annotated[str, Word("what to do", "ACTION", choices=(*ACTIONS, *ALIASES))] = "ls",
    names: Annotated[
        Many, Word("contexts; create, update: NAME [ADDRESS]; export, import: NAME [FILE|-]", complete="context")
    ] = (),
    *,
    description: Annotated[str | None, Flag("create, update: what it is for", metavar="TEXT")] = None,
    host: Annotated[str, Flag("create, update: its address; ssh:// is a host that has hull", metavar="ADDRESS")] = "",
    docker: Annotated[
        str,
        Flag(
            "create, update: an engine of Docker's API; skip-tls-verify=true asks for no proof",
            metavar="host=ADDRESS[,ca=FILE,cert=FILE,key=FILE]",
        ),
    ] = "",
    from_: Annotated[str, Flag("create: as this one is", metavar="CONTEXT", complete="context")] = "",
    force: Annotated[bool, Flag("rm: also the one in use, no complaint if there is none", "f")] = False,
    quiet: Annotated[bool, Flag("ls: names only", "q")] = False,
) -> list[ContextRow] | list[dict[str, Any]] | list[str] | Any:
    """Name engines, on this machine and others, and choose among them.

    An address is unix:///PATH, tcp://HOST:PORT, or ssh://[USER@]HOST[:PORT][/PATH/TO/hull]. Docker's own contexts are
    listed and used as well, never changed. What `use` chose holds where neither --context nor HULL_CONTEXT says
    otherwise; `default` is this machine.
    """
    stored, action = _contexts.stored(), ALIASES.get(action, action)
    _count(action, names)
    if action == "ls":
        return [one.name for one in stored.all()] if quiet else _contexts.rows(stored)
    if action == "show":
        return [_contexts.current() or "default"]
    if action == "inspect":
        return each(names or (_contexts.current(),), lambda name: _contexts.document(stored.find(name)))
    if action == "rm":
        return each(names, lambda name: _remove(stored, name, force=force), flat=True)
    if action == "use":
        stored.use(names[0])
        return _used(names[0])
    if action in MAKING:
        asked = _contexts.Asked(names[0], "".join(names[1:]) or host, docker, description, from_)
        return [_contexts.make(stored, asked, new=action == "create")]
    return _carry(stored, action, names)


def _count(action: str, names: Many) -> None:
    least, most = {"ls": (0, 0), "show": (0, 0), "use": (1, 1), "rm": (1, 999), "inspect": (0, 999)}.get(action, (1, 2))
    if not least <= len(names) <= most:
        how = "a name" if len(names) < least else f"no {names[most]!r}"
        raise UserError(f"hull context {action} takes {how}", "hull context --help")


def _remove(stored: Stored, name: str, *, force: bool) -> list[str]:
    try:
        stored.remove(name, force=force)
    except Missing:
        if not force:
            raise
        return []
    return [name]


def _used(name: str) -> Output:
    """Yield what was chosen and, where the environment is stronger, a warning in Docker's words."""
    yield Piece(1, f"{name}\n".encode())
    over = os.environ.get("HULL_CONTEXT", "")
    if over and over != name:
        warning = (
            f"Warning: HULL_CONTEXT environment variable overrides the active context. To use {name!r}, either set the "
            f"global --context flag, or unset HULL_CONTEXT environment variable.\n"
        )
        yield Piece(2, warning.encode())


def _carry(stored: Stored, action: str, names: Many) -> Any:
    name, file = names[0], "".join(names[1:])
    if action == "import":
        if not file:
            raise UserError("hull context import needs a file", f"hull context import {name} FILE, or - for stdin")
        _contexts_carried.unpack(stored, name, file)
        return [name]
    if file == "-":
        if sys.stdout.isatty():
            raise UserError("cannot write a tar to a terminal", f"hull context export {name} FILE")
        return iter([Piece(1, _contexts_carried.packed(stored.find(name)))])
    return [_contexts_carried.save(stored.find(name), file or f"{name}.dockercontext")]

"""hull diff: what a try, or a container, changed."""

import os
from collections.abc import Iterator

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, Annotated, Any
from hull.output import Piece

if TYPE_CHECKING:
    from hull.commands._diff import Compared

Many = tuple[str, ...]


def diff(
    engine: Engine,
    name: Annotated[str, Word("a try or a container, or its state NAME@N; the latest try", complete="compared")] = "",
    other: Annotated[str, Word("a second state: show what it has otherwise than the first", complete="compared")] = "",
    *,
    stat: Annotated[bool, Flag("count by directory")] = False,
    patch: Annotated[bool, Flag("print unified diffs of texts, as git apply and patch -p1 take them", "p")] = False,
    json: Annotated[bool, Flag("print every change as one JSON document")] = False,
    name_only: Annotated[bool, Flag("print paths alone")] = False,
    all: Annotated[bool, Flag("list every change; fold nothing", "a")] = False,
    path: Annotated[
        Many, Flag("only what is at or below this path (may be repeated)", metavar="PATH", complete="changed")
    ] = (),
    pick: Annotated[bool, Flag("look at it, keep and drop on the whole terminal, as keep --pick")] = False,
    exit_code: Annotated[bool, Flag("exit with 1 where anything differs")] = False,
    color: Annotated[
        str, Flag("colours: on a terminal, always or never", choices=("auto", "always", "never"), metavar="WHEN")
    ] = "auto",
) -> Any:
    """Show what was added (A), changed (M), moved (R) and removed (D).

    Of a try: packages, accounts and units first, then files, what needs root on this machine apart. Of a container,
    without a flag, Docker's lines: A, C and D.
    """
    from hull.commands import _diff

    if sum((stat, patch, json, name_only, pick)) > 1:
        raise UserError("cannot show a diff in two ways at once", "one of --stat, --patch, --json, --name-only, --pick")
    if pick and other:
        raise UserError(f"cannot pick from what {other} has otherwise than {name}", "hull diff --pick NAME, of a try")
    if pick:
        from hull.commands.keep import keep

        return keep(engine, path, in_=name, pick=True)
    paths = tuple(os.path.abspath(os.path.expanduser(one)) for one in path)
    flags = (stat, patch, json, name_only, all, bool(path), exit_code, color != "auto")
    if name and not other and not any(flags) and _diff.is_plain(engine, name):
        return _diff.docker_lines(engine, name)
    found = _diff.find(engine, name, other, paths)
    if patch:
        return Patch(engine, found, color, exit_code=exit_code)
    shown = _diff.document(engine, found) if json else _diff.lines(engine, found, stat=stat, names=name_only, whole=all)
    shown.exit_code = int(exit_code and bool(found.changes))
    shown.colours = color
    return shown


class Patch:
    """The patch, bit by bit; `exit_code` as it was asked for."""

    def __init__(self, engine: Engine, found: "Compared", color: str, *, exit_code: bool) -> None:
        from hull.commands import _diff

        self.exit_code = int(exit_code and bool(found.changes))
        self._pieces: Iterator[bytes] = _diff.patch(engine, found, painted=_diff.wants_colour(color))

    def __iter__(self) -> "Patch":
        return self

    def __next__(self) -> Piece:
        return Piece(1, next(self._pieces))

    def close(self) -> None:
        """Stop reading."""
        getattr(self._pieces, "close", int)()

"""hull keep: make what a try changed so on this machine, in one transaction."""

from hull.commands import _keeping
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, Annotated, Any
from hull.state.containers import Container

if TYPE_CHECKING:
    from hull.trials.changes import Change
    from hull.trials.keeping import Examined
    from hull.trials.keeping_choosing import Wanted

Many = tuple[str, ...]


def keep(
    engine: Engine,
    words: Annotated[
        Many, Word("the try, the latest if none; paths (/…, ./…, ~…), all if none", "NAME|PATH", "keepable")
    ] = (),
    *,
    in_: Annotated[str, Flag("the try", metavar="NAME", complete="try", long="in")] = "",
    force: Annotated[Many, Flag("take the try's version though this machine's changed; or all", "f", "PATH")] = (),
    skip: Annotated[Many, Flag("leave out", metavar="PATH")] = (),
    trust: Annotated[Many, Flag("keep it though it will be run or trusted later; or all", metavar="PATH")] = (),
    own: Annotated[bool, Flag("only what needs no root")] = False,
    for_root: Annotated[str, Flag("write what needs root, with a script for root to run", metavar="FILE.tar.gz")] = "",
    pick: Annotated[bool, Flag("choose files and parts of files on the whole terminal")] = False,
    drop: Annotated[bool, Flag("drop the try afterwards")] = False,
) -> Any:
    """Keep what a try changed: on this machine, whole or not at all. hull undo takes it back."""
    from hull.trials.keeping_choosing import Wanted

    name, paths = _keeping.told_apart(words, in_)
    row = _keeping.ended(engine, name)
    force, skip, trust = (tuple(way for word in said for way in _keeping.ways(word)) for said in (force, skip, trust))
    wanted = Wanted(paths, skip, force, trust)
    if pick:
        return _pick(engine, row, wanted, own=own, beside="--drop" if drop else "--for-root" if for_root else "")
    done = _keep(engine, row, wanted, own=own, parcel=for_root)
    if drop:
        from hull.commands import drop as drop_

        drop_.drop(engine, (row.name,))
        done.append(f"{row.name} is dropped")
    return done


def _keep(
    engine: Engine,
    row: Container,
    wanted: "Wanted",
    *,
    own: bool = False,
    parcel: str = "",
    changes: "list[Change] | None" = None,
) -> list[str]:
    from hull.trials import keeping

    found = keeping.examine(engine, row, wanted, changes)
    if not found.mine and not found.root:
        return [f"{row.name} changed nothing that is not so on this machine"]
    _keeping.refuse(row, found)
    if not own and not parcel:
        _keeping.for_root(row, found)
    _keeping.agreed(row, found.touchy, wanted.trust)
    said = _parcel(engine, row, found, parcel) if parcel and found.root else []
    if not found.mine:
        return said or [f"{row.name} changed nothing that you can keep without root"]
    head = keeping.keep(engine, row, found, wanted)
    left = f"; {len(found.root)} that need root were left out" if found.root and not parcel else ""
    return [f"{head.id}: kept {_keeping.counts(head)}{left}. hull undo {head.id} takes it back", *said]


def _parcel(engine: Engine, row: Container, found: "Examined", path: str) -> list[str]:
    from hull.trials import parcel

    return parcel.write(engine, row, found, path)


def _pick(engine: Engine, row: Container, wanted: "Wanted", *, own: bool, beside: str) -> Any:
    from hull.commands import _picking

    if beside:
        way = f"hull drop {row.name}" if beside == "--drop" else f"hull keep {row.name} --for-root FILE.tar.gz"
        raise UserError(f"cannot use --pick with {beside}", f"pick first, then {way}")

    def chosen(changes: "list[Change]", contents: dict[str, bytes]) -> list[str]:
        if not changes:
            raise UserError("nothing was kept: nothing was chosen", f"hull keep --pick {row.name}")
        paths = tuple(change.path for change in changes)
        return _keep(engine, row, wanted._replace(paths=paths, contents=contents, exact=True), own=own)

    return _picking.of_try(engine, row, "keep", chosen, wanted)

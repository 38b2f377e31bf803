"""What a try, or a container, changed: `of_try`, and `between` two states of one.

Every change is told with both entries, ids as the root inside sees them; `reporting` decides what people want to see
(a directory that has only another time because of what is in it, say, is told here). What is small and readable is
looked at by this process; layers that belong to subordinate ids, and stacks over an image, by a confined child.
"""

import os
from collections.abc import Iterable, Iterator

from hull.engine import Engine
from hull.errors import HostError
from hull.light import NamedTuple
from hull.state.containers import Container
from hull.trials import decided, stacks
from hull.trials.changes import Change
from hull.trials.stacks import BASE, Part, Parts
from hull.trials.walking_ids import Ids, Settler
from hull.trials.walking_placeholders import PATHS
from hull.trials.walking_trees import Told, Walk

HOST = ("/",)  # the base that is this machine


class View(NamedTuple):
    """Two stacks over one base, as a child takes it: `new` and `old` are directories, the lowest first.

    `base` are the directories of an image, the lowest first, or HOST. `skipped` are placeholders, `only` the paths that
    are asked for, all of them where it is empty. In `pieces` a try sees the base's own attributes, elsewhere none.
    `fuse`: fuse-overlayfs wrote the layers.
    """

    new: tuple[str, ...]
    old: tuple[str, ...] = ()
    base: tuple[str, ...] = HOST
    skipped: tuple[str, ...] = PATHS
    only: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ("/",)
    fuse: bool = False

    @property
    def on_host(self) -> bool:
        """Whether the base is this machine."""
        return self.base == HOST


def of_try(engine: Engine, row: Container, only: tuple[str, ...] = (), *, moved: bool = True) -> list[Change]:
    """Return all that a try or a container changed of what it stands on, in the order of paths, parents first.

    Of what was removed only the topmost path is told. Both sides of a rename are: the removed path, and the added one
    with `renamed`, which is not looked for unless `moved`. With `only`, absolute paths, nothing else is looked at.
    Files that vanish meanwhile are left out.
    """
    return between(engine, row, layers(engine, row), (), only, moved=moved)


def between(
    engine: Engine,
    row: Container,
    new: tuple[str, ...],
    old: tuple[str, ...],
    only: tuple[str, ...] = (),
    *,
    moved: bool = True,
) -> list[Change]:
    """Return what the state `new` of a container has otherwise than the state `old`: directories, the lowest first."""
    view = view_of(engine, row, new, old, only)
    found = linked(settled(engine, row, view))
    if not moved:
        return found
    from hull.trials import renames
    from hull.trials.walking_contents import Contents

    with Contents(engine, row, view) as contents:
        return renames.found(found, lambda: contents)


def view_of(
    engine: Engine, row: Container, new: tuple[str, ...], old: tuple[str, ...] = (), only: tuple[str, ...] = ()
) -> View:
    """Return two states of a container as a view."""
    mounted = (mount.target.strip("/") for mount in row.spec.mounts)
    if row.config.layers:
        fuse = engine.identity(row.spec.userns).flavour == "keep-id"
        return View(new, old, row.config.layers, (*PATHS, *mounted), only, fuse=fuse)
    found = decided.read(engine.paths.container(row.id)) or decided.Decided("", "")
    hidden = (path.strip("/") for path in found.hidden)
    return View(new, old, HOST, (*PATHS, *mounted, *hidden), only, found.pieces)


def layers(engine: Engine, row: Container) -> tuple[str, ...]:
    """Return the directories that hold a container's own files, the lowest first."""
    from hull.trials import history

    return history.own(engine, row).all


def settled(engine: Engine, row: Container, view: View) -> list[Change]:
    """Return the changes of a view, ids as they are inside; neither renames nor names of one file are found yet."""
    identity = engine.identity(row.spec.userns)
    if view.on_host and os.geteuid():
        try:
            return list(_settle(told(view), Ids(identity), host=True))
        except OSError as error:
            if not _is_refusal(error):
                raise
    from hull.trials import child_asking

    flavour = identity.layer_flavour
    ids = Ids(identity, engine.confined(flavour))
    return list(_settle(child_asking.walk(engine, flavour, view), ids, host=view.on_host))


def told(view: View, base: int | None = None) -> Iterator[Told]:
    """Walk the view in this process. `base` is a descriptor of what lies below, of `/` where it is left out."""
    numbers = {path: number for number, path in enumerate(dict.fromkeys((*view.new, *view.old)))}
    opened = [stacks.top(_layer(path), number, fuse=view.fuse) for path, number in numbers.items()]
    opened.append(stacks.top(os.open("/" if base is None else ".", stacks.OPEN, dir_fd=base), BASE))
    try:
        walk = Walk(tuple(numbers), frozenset(view.skipped), view.only, owners=not view.on_host, pieces=view.pieces)
        yield from walk.changes(*(_stack(opened, numbers, paths) for paths in (view.new, view.old)))
    finally:
        stacks.close(opened)


def _layer(path: str) -> int:
    try:
        return os.open(path, stacks.OPEN)
    except FileNotFoundError:
        raise HostError(f"cannot look at {path}: it was removed", "hull ps -a lists what is there") from None


def _stack(opened: list[Part], numbers: dict[str, int], paths: tuple[str, ...]) -> Parts:
    return (*(opened[numbers[path]] for path in reversed(paths)), opened[-1])


def _is_refusal(error: OSError) -> bool:
    """Whether a process with the rights of the try's root, and room for more descriptors, may get further."""
    import errno

    return error.errno in (errno.EACCES, errno.EPERM, errno.EMFILE)


def _settle(found: Iterable[Told], ids: Ids, *, host: bool) -> Iterator[Change]:
    settler = Settler(ids, host=host)
    try:
        for one in found:
            change = settler.settle(one)
            if change is not None:
                yield change
    finally:
        settler.close()


def linked(changes: list[Change]) -> list[Change]:
    """Return the changes; names of one file know each other."""
    names: dict[tuple[int, int], list[str]] = {}
    for change in changes:
        if change.new is not None and change.new.links > 1 and change.new.kind != "directory" and change.layer:
            names.setdefault(change.new.file, []).append(change.path)
    return [_with_names(change, names) for change in changes]


def _with_names(change: Change, names: dict[tuple[int, int], list[str]]) -> Change:
    mine = names.get(change.new.file, []) if change.new is not None and change.layer else []
    if len(mine) < 2 or change.path not in mine:  # noqa: PLR2004 (itself and another)
        return change
    return change._replace(same=tuple(path for path in mine if path != change.path))

"""The states of a container's files: how each is frozen or copied, and how it stands on another.

Theory of operation. A container's files are its base, frozen layers over it (its stack) and the upper that it writes.
A *checkpoint* names layers over the base that make up one state.

Stopped, a container is frozen: the upper is renamed to a layer and an empty one takes its place, whatever its size. The
row comes first, with the layer's name as `pending`: whoever looks next ends what a kill has cut off. Running, its upper
is mounted and stays: what changed in it since the last copy is copied into a layer over the layers of the last copy
(trials.freezing_copy); the stack stays as it is. When it is stopped later, the upper has all that, and later changes,
and is frozen as ever: the copies belong to their checkpoints alone.

`undo` freezes what there is, so that nothing is lost, and lets the container stand on the layers of an older state.
Everything here happens under the container's lock; layers that no row needs are collected afterwards.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hull.engine import Engine
from hull.light import NamedTuple
from hull.state.containers import Container
from hull.state.snapshots import FROZEN, Checkpoint, Layers, Snapshots, Stack
from hull.storage import snapshots
from hull.trials import freezing
from hull.trials.history_holding import held
from hull.trials.history_index import Index
from hull.trials.walking_placeholders import PATHS

DEEPEST = 64  # layers of a stack; more become one


class Came(NamedTuple):
    """What came before a checkpoint, in words, and how it ended."""

    label: str = ""
    code: int | None = None
    when: float = 0.0


def collect(engine: Engine) -> list[str]:
    """Remove the layers that no row needs and the rows of containers that are no more; return the layers' names.

    A layer gets its name and its row in one transaction, so that none is met between the two.
    """
    rows = Snapshots(engine.db)
    with engine.db.transaction():
        rows.forget_strays()
        gone = snapshots.orphans(engine.paths, rows.reached())
    flavour = engine.identity().layer_flavour
    for name in gone:
        freezing.remove(engine, flavour, snapshots.place(engine.paths, name))
    return gone


class States:
    """The states of one container; the caller holds its lock."""

    def __init__(self, engine: Engine, row: Container) -> None:
        self._engine, self._row = engine, row
        self.rows = Snapshots(engine.db)
        self._directory = engine.paths.container(row.id)
        self._upper = f"{self._directory}/upper"
        self._flavour = engine.identity(row.spec.userns).layer_flavour
        self._index = Index(engine, row.id, self._flavour)

    def stack(self) -> Stack:
        """Return what the container stands on, once what a kill left undone is done."""
        found = self.rows.stack(self._row.id)
        return self._finish(found) if found.pending else found

    def places(self, layers: Layers) -> tuple[str, ...]:
        """Return the layers' directories."""
        return tuple(snapshots.place(self._engine.paths, name) for name in layers)

    def checkpoint(self, came: Came, *, running: bool) -> int:
        """Make a checkpoint and return its number; 0 where nothing has changed since the last one."""
        return self._copy(came) if running else self._freeze(came)

    def changed(self) -> bool:
        """Whether the upper holds what the state that it stands on has not."""
        known = self._index.layers(self.stack())
        try:
            if known is None:
                return not self._untouched()
            return not self._index.agrees()
        except PermissionError:
            return True

    def move(self, number: int, forward: tuple[int, ...], keep: Came | None = None) -> int:
        """Stand on another state; `forward` is what redo goes to from there.

        With `keep`, what there is becomes a checkpoint first, the last of `forward`; its number is returned, else 0.
        Without, it is the one that was copied last: the upper itself stands for that then, with what a shared mapping
        may have stored unseen.
        """
        stack, name, kept = self.stack(), snapshots.fresh(), 0
        copied = keep is None and self._index.layers(stack) is not None
        target = self.rows.get(self._row.id, number) if number else None
        layers = target.layers if target is not None else ()
        snapshots.prepare(self._engine.paths)
        with self._engine.db.transaction():
            if keep is not None:
                kept = self.rows.add(self._row_of(stack, (*stack.layers, name), keep, FROZEN))
                forward = (*forward, kept)
            if copied:
                self.rows.move(self._row.id, stack.stands, (*stack.layers, name))
            self.rows.stand(self._row.id, Stack(layers, number, forward, name))
        self.stack()
        collect(self._engine)
        return kept

    def weights(self, layers: list[str]) -> list[tuple[int, int]]:
        """Return the entries and the bytes of each of the layers."""
        found = freezing.run(self._engine, self._flavour, "weigh", *self.places(tuple(layers)))["weights"]
        return [(int(entries), int(size)) for entries, size in found]

    def _freeze(self, came: Came) -> int:
        stack = self.stack()
        if not self.changed():
            return 0
        name = snapshots.fresh()
        snapshots.prepare(self._engine.paths)
        layers = (*stack.layers, name)
        with self._engine.db.transaction():
            number = self.rows.add(self._row_of(stack, layers, came, FROZEN))
            self.rows.stand(self._row.id, Stack(layers, number, (), name))
        stack = self.stack()
        self._shorten(layers, lambda short: self.rows.stand(self._row.id, stack._replace(layers=short)))
        return number

    def _row_of(self, stack: Stack, layers: Layers, came: Came, made: str) -> Checkpoint:
        return Checkpoint(self._row.id, 0, stack.stands, layers, came.label, came.code, made, came.when)

    def _finish(self, stack: Stack) -> Stack:
        """Do what the row says is about to be done, and say that it is."""
        base = () if stack.layers else self._row.config.layers or ("/",)
        like = self.places(stack.layers)[-1] if stack.layers else base[-1]
        frozen = snapshots.place(self._engine.paths, stack.pending)
        freezing.run(self._engine, self._flavour, "swap", self._directory, frozen, like, "1" if base else "")
        self._index.forget()
        done = stack._replace(pending="")
        self.rows.stand(self._row.id, done)
        return done

    def _shorten(self, layers: Layers, record: Callable[[Layers], None]) -> Layers:
        """Let one layer stand for the oldest ones of a deep stack; `record` writes the row that says so."""
        if len(layers) <= DEEPEST:
            return layers
        old, name = layers[: -DEEPEST // 2], snapshots.fresh()
        short = (name, *layers[len(old) :])
        with self._scratch() as (target, _):
            freezing.run(self._engine, self._flavour, "compose", target, *self.places(old))
            with self._engine.db.transaction():
                self._enter(target, name)
                record(short)
        return short

    def _copy(self, came: Came) -> int:
        stack = self.stack()
        known = self._index.layers(stack)
        if known is None and not self.changed():
            return 0
        snapshots.prepare(self._engine.paths)
        with self._scratch() as (target, after), held(self._engine, self._row) as made:
            words = (self._upper, target, self._index.entries if known else "", after)
            answer = freezing.run(self._engine, self._flavour, "copy", *words)
            if answer.get("uncovered"):
                known = None
                freezing.remove(self._engine, self._flavour, target)
                os.mkdir(target)
                answer = freezing.run(self._engine, self._flavour, "copy", self._upper, target, "", after)
            if not answer["entries"]:
                return 0
            return self._publish(target, after, stack, self._row_of(stack, known or stack.layers, came, made))

    def _publish(self, target: str, after: str, stack: Stack, found: Checkpoint) -> int:
        name = snapshots.fresh()
        with self._engine.db.transaction():
            self._enter(target, name)
            number = self.rows.add(found._replace(layers=(*found.layers, name)))
            self.rows.stand(self._row.id, stack._replace(stands=number, forward=()))
        layers = (*found.layers, name)
        layers = self._shorten(layers, lambda short: self.rows.move(self._row.id, number, short))
        self._index.put(after, stack, layers)
        return number

    def _enter(self, target: str, name: str) -> None:
        """Give a finished layer its name; the caller's transaction makes a row reach it."""
        freezing.run(self._engine, self._flavour, "enter", target, snapshots.place(self._engine.paths, name))

    def _untouched(self) -> bool:
        spec, config = self._row.spec, self._row.config
        skipped = frozenset((*PATHS, "run", *(mount.target.strip("/") for mount in spec.mounts)))
        lowers = (*(config.layers or ("/",)), *self.places(self.stack().layers))
        return snapshots.is_untouched(self._upper, lowers, skipped, owners=bool(config.layers))

    @contextmanager
    def _scratch(self) -> Iterator[tuple[str, str]]:
        """Give an empty directory, and the name of a file beside it; what is left of them goes at the end."""
        place = f"{self._engine.paths.scratch}/freezing-{snapshots.fresh()}"
        os.mkdir(place, 0o700)
        os.mkdir(f"{place}/layer")
        try:
            yield f"{place}/layer", f"{place}/index"
        finally:
            freezing.remove(self._engine, self._flavour, place)

"""What keep --pick and diff --pick return: a try's changes to be picked from on the whole terminal.

A front shows it by hull.ui, which asks it for texts and tells it how it ended. `settle` does what was decided, when the
terminal is the shell's again: keep may ask.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from hull.commands import _whole_terminal
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, Any, NamedTuple
from hull.state.containers import Container
from hull.trials.changes import CHANGED, CONTENT, Change

if TYPE_CHECKING:
    from hull.trials.keeping_choosing import Wanted

Opened = Callable[[Change, str], bytes | None]
Keep = Callable[[tuple[str, ...], dict[str, bytes]], Any]
KeepJust = Callable[[list[Change], dict[str, bytes]], Any]


class Texts(NamedTuple):
    """What is shown of one change: `parts` of a text (hull.trials.hunks.Parts), else a `sample` of its first bytes.

    `divisible` is whether parts of it can be kept; `note` says why there is no text.
    """

    parts: Any = None
    sample: bytes = b""
    divisible: bool = False
    note: str = ""


class Picking:
    """One try's changes. `locked` and `flags` say of paths why they cannot be chosen, and what is to be noticed.

    A colon ends what a short line says of it.

    `read` returns the content of a change, "old" or "new", None where there is none or it cannot be read. `keep` takes
    paths and the contents of files that are kept in part, `drop` paths; what they return is shown. `close` is left when
    nothing is read any more.
    """

    full_screen = "picker"

    def __init__(  # noqa: PLR0917 (each is a different fact)
        self,
        name: str,
        changes: Sequence[Change],
        read: Opened,
        keep: Keep,
        drop: Callable[[tuple[str, ...]], Any],
        locked: Mapping[str, str],
        flags: Mapping[str, str],
        verb: str = "keep",
        close: AbstractContextManager[Any] | None = None,
    ) -> None:
        self.name, self.changes, self.locked, self.flags = name, changes, locked, flags
        self._read, self._verb, self._close = read, verb, close or nullcontext()
        self._verbs: dict[str, Callable[..., Any]] = {"keep": keep, "drop": drop}

    @property
    def words(self) -> tuple[str, ...]:
        """The command line that opens it, for a front that has no terminal of its own."""
        return (sys.executable, "-P", "-m", "hull", self._verb, "--pick", self.name)

    def texts(self, change: Change) -> Texts:
        """Return what is shown of a change."""
        from hull.trials import hunks

        sides = [side is not None and side.kind == "file" for side in (change.old, change.new)]
        if not any(sides) or (change.kind == CHANGED and CONTENT not in change.what and not change.renamed):
            return Texts()
        old, new = (
            self._read(change, side) if is_file else b"" for side, is_file in zip(("old", "new"), sides, strict=True)
        )
        if old is None or new is None:
            return Texts(note="the content cannot be read here")
        if not hunks.divisible(old, new):
            return Texts(sample=new or old, note="not a text, or too long a one")
        return Texts(hunks.Parts(old, new), divisible=change.kind == CHANGED and all(sides))

    def settle(self, decision: Any) -> Any:
        """Do what was decided; return what is to be shown."""
        with self._close:
            pass  # nothing is read any more
        if decision.verb == "keep":
            return self._verbs["keep"](decision.paths, dict(decision.contents))
        return self._verbs["drop"](decision.paths) if decision.verb == "drop" else None


def of_try(engine: Engine, row: Container, verb: str, keep: KeepJust, wanted: "Wanted | None" = None) -> Picking:
    """Return what `changes_of` does, for the terminal that is here; UserError where there is none."""
    _whole_terminal.check(
        f"pick from the changes of {row.name}",
        f"name them: hull keep --in {row.name} PATH…" if verb == "keep" else f"hull diff {row.name} prints them",
    )
    return changes_of(engine, row, verb, keep, wanted)


def changes_of(engine: Engine, row: Container, verb: str, keep: KeepJust, wanted: "Wanted | None" = None) -> Picking:
    """Return the changes of a try to be picked from, those that are `wanted` where that is said.

    `keep` is asked to keep just some of them, with contents in place of their own for files that are kept in part.
    UserError where there is nothing to pick.
    """
    from hull.trials import forgetting, keeping, walking
    from hull.trials.hunks import LARGEST
    from hull.trials.keeping_choosing import Wanted
    from hull.trials.reporting import is_noise
    from hull.trials.walking_contents import Contents

    view = walking.view_of(engine, row, walking.layers(engine, row))
    examined = keeping.examine(engine, row, wanted or Wanted())
    found = (one.change for one in (*examined.mine, *examined.root))
    changes = sorted((one for one in found if not is_noise(one)), key=lambda one: one.path)
    if not changes:
        raise UserError(
            f"there is nothing to pick: {row.name} changed nothing", f"hull try --in {row.name} goes on in it"
        )

    def read(change: Change, side: str) -> bytes | None:
        size, data = (contents.old if side == "old" else contents.new)(change, LARGEST + 1)
        return None if size < 0 else data

    def kept(paths: tuple[str, ...], texts: dict[str, bytes]) -> Any:
        chosen = frozenset(paths)
        return keep([change for change in changes if change.path in chosen], texts)

    def drop(paths: tuple[str, ...]) -> list[str]:
        forgetting.forget(engine, row, examined.changes, paths, view.new[-1])
        return [f"dropped {path}" for path in paths]

    contents = Contents(engine, row, view)
    locked = {one.change.path: f"needs root: {one.root}" for one in examined.root}
    flags = {one.path: f"{one.kind}: {one.reason}; keep asks for it" for one in examined.touchy}
    flags |= {one.path: f"conflict: {one.reason}; keep stops at it" for one in examined.conflicts}
    return Picking(row.name, changes, read, kept, drop, locked, flags, verb, close=contents)

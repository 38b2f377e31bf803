"""What keep --pick and diff --pick return: a try's changes to be picked from on the whole terminal.

A front shows it by hull.ui, which asks it for texts and tells it how it ended. `settle` does what was decided, when the
terminal is the shell's again: keep may ask.
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from hull.commands import _whole_terminal
from hull.light import Any, NamedTuple
from hull.trials.changes import CHANGED, CONTENT, Change

Opened = Callable[[Change, str], bytes | None]


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

    `read` returns the content of a change, "old" or "new", None where there is none or it cannot be read. `keep` takes
    paths and the contents of files that are kept in part, `drop` paths; what they return is shown.
    """

    full_screen = "picker"

    def __init__(  # noqa: PLR0917 (each is a different fact)
        self,
        name: str,
        changes: Sequence[Change],
        read: Opened,
        keep: Callable[[tuple[str, ...], dict[str, bytes]], Any],
        drop: Callable[[tuple[str, ...]], Any],
        locked: Mapping[str, str],
        flags: Mapping[str, str],
        verb: str = "keep",
    ) -> None:
        self.name, self.changes, self.locked, self.flags = name, changes, locked, flags
        self._read, self._verb = read, verb
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
        if decision.verb == "keep":
            return self._verbs["keep"](decision.paths, dict(decision.contents))
        return self._verbs["drop"](decision.paths) if decision.verb == "drop" else None


def check(verb: str, name: str) -> None:
    """Say why this place cannot show the picker."""
    _whole_terminal.check(
        f"pick from the changes of {name}",
        f"name them: hull keep --in {name} PATH…" if verb == "keep" else f"hull diff {name} prints them",
    )

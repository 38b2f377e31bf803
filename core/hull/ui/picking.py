"""Picking among the changes of a try: everything that is on the screen. No terminal, no try."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hull.ui.choices import Choices, Node
from hull.ui.glyphs import UTF8, Glyphs
from hull.ui.picking_keys import KEYS
from hull.ui.picking_text import Detail
from hull.ui.state import Spoken


class Decision(NamedTuple):
    """How it ended: `verb` is keep, drop or "" for neither; `contents` are files of which only parts were chosen."""

    verb: str = ""
    paths: tuple[str, ...] = ()
    contents: Mapping[str, bytes] = {}


class Picking(Spoken):
    """The screen's content. `texts` are the details of what was looked at, by path."""

    keys = KEYS
    within = "parts"

    def __init__(self, view: Any, glyphs: Glyphs = UTF8) -> None:
        super().__init__(glyphs, "changes")
        self.name: str = view.name
        self.choices = Choices(view.changes, view.locked, view.flags)
        self.texts: dict[str, Detail] = {}
        self.part = 0
        self.top = 0
        self.follow = False  # the part that the person is at is to be in sight

    @property
    def listed(self) -> Choices:
        """The tree of the changes."""
        return self.choices

    @property
    def node(self) -> Node | None:
        """The node that the person is at."""
        return self.choices.here

    @property
    def detail(self) -> Detail | None:
        """What is known of the change that the person is at; None: it is still to be read."""
        return self.texts.get(self.node.path) if self.node else None

    def hunks(self) -> list[tuple[int, ...]]:
        """Return the parts of the file here that can be chosen: blocks by their numbers."""
        return self.detail.hunks if self.detail and self.detail.divisible else []

    def taken(self, blocks: tuple[int, ...]) -> str:
        """Return whether blocks of the file here are chosen: all, some or none."""
        node = self.node
        if node is None or node.blocks is None:
            return "all" if node and node.whole else "none"
        count = sum(block in node.blocks for block in blocks)
        return "all" if count == len(blocks) else "some" if count else "none"

    def decision(self, verb: str) -> Decision:
        """Return what is chosen; of a file in part the text that those parts make of the old one."""
        nodes = self.choices.chosen()
        contents = {node.path: self.texts[node.path].applied(node.blocks) for node in nodes if node.blocks}
        return Decision(verb, tuple(node.path for node in nodes), contents)

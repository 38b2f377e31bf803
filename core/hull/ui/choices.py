"""The changes of a try as a tree of directories in which files, directories and parts of files are chosen."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hull.ui.rows import matches

FOLDED = 12  # changes below one directory from which on it begins folded, where there are many in all
MANY = 60  # changes in all


class Node:
    """One name of the tree; `change` is None for a directory on the way to one.

    `count` counts the changes here and below, `total` what of it can be chosen, `taken` what is chosen whole, `parted`
    what is chosen in part; `sums` how often each kind and each reason of a lock is below.
    `whole` is whether the change here is; `blocks` are its chosen parts, None where there is no choice of parts.
    """

    __slots__ = ("blocks", "change", "children", "count", "flag", "lock", "name", "open", "parent", "parted", "path",
                 "sums", "taken", "total", "whole")  # fmt: skip

    def __init__(self, name: str, path: str, parent: "Node | None") -> None:
        self.name, self.path, self.parent = name, path, parent
        self.change: Any = None
        self.children: dict[str, Node] = {}
        self.flag = self.lock = ""
        self.count = self.total = self.taken = self.parted = 0
        self.blocks: frozenset[int] | None = None
        self.whole = False
        self.open = True
        self.sums: dict[str, int] = {}

    @property
    def own(self) -> int:
        """Whether the change here can be chosen, as a number."""
        return int(self.change is not None and not self.lock)

    @property
    def state(self) -> str:
        """Return all, some, none, or locked where nothing here can be chosen."""
        if not self.total:
            return "locked"
        if self.taken == self.total:
            return "all"
        return "some" if self.taken or self.parted else "none"

    def walk(self) -> Iterator["Node"]:
        """Yield the node and all below it."""
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            todo.extend(reversed(node.children.values()))

    def above(self) -> Iterator["Node"]:
        """Yield the node and all above it."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent


class Row(NamedTuple):
    """One line of the tree: names of directories with nothing but one another in them are one label."""

    node: Node
    depth: int
    label: str


class Choices:
    """All changes, what is chosen of them, and which line of the tree the person is at."""

    def __init__(self, changes: Sequence[Any], locked: Mapping[str, str], flags: Mapping[str, str]) -> None:
        self.root = Node("", "/", None)
        self.nodes: dict[str, Node] = {}
        for change in changes:
            self._put(change, locked.get(change.path, ""), flags.get(change.path, ""))
        self._fold(len(changes))
        self.filter = ""
        self._chosen: list[Node] | None = []
        self.size = 0  # of the new files that `chosen` returned last, in bytes
        self.place = self.top = 0
        self.rows: list[Row] = []
        self.renew()

    def _put(self, change: Any, lock: str, flag: str) -> None:
        node, path = self.root, ""
        for name in filter(None, change.path.split("/")):
            path = f"{path}/{name}"
            if name not in node.children:
                node.children[name] = Node(name, path, node)
            node = node.children[name]
        node.change, node.lock, node.flag = change, lock, flag
        self.nodes[change.path] = node
        for one in node.above():
            one.count += 1
            one.total += node.own
            if one is not node:
                for word in filter(None, (change.kind, lock)):
                    one.sums[word] = one.sums.get(word, 0) + 1

    def _fold(self, count: int) -> None:
        for node in self.root.walk():
            if node is not self.root and count > MANY and len(node.children) > FOLDED:
                node.open = False

    def renew(self) -> None:
        """Make the lines anew; the person stays at the same node, or where it was."""
        here = self.here
        words = self.filter.lower().split()
        kept = self._kept(words) if words else None
        self.rows = []
        todo = [(node, 0) for node in reversed(self._inner(self.root, kept))]
        while todo:
            node, depth = todo.pop()
            label = node.name
            while node.change is None and len(inner := self._inner(node, kept)) == 1:
                node = inner[0]
                label = f"{label}/{node.name}"
            self.rows.append(Row(node, depth, label))
            if node.open or words:
                todo += [(one, depth + 1) for one in reversed(self._inner(node, kept))]
        found = [place for place, row in enumerate(self.rows) if row.node is here]
        self.choose(found[0] if found else self.place)

    def _kept(self, words: list[str]) -> set[int]:
        kept: set[int] = set()
        for path, node in self.nodes.items():
            if matches(path.lower(), words):
                kept.update(map(id, node.above()))
        return kept

    def _inner(self, node: Node, kept: Collection[int] | None) -> list[Node]:
        return [one for _, one in sorted(node.children.items()) if kept is None or id(one) in kept]

    @property
    def here(self) -> Node | None:
        """The node of the line that the person is at."""
        return self.rows[self.place].node if self.place < len(self.rows) else None

    def choose(self, place: int) -> None:
        """Go to a line, the nearest where there is none."""
        self.place = max(0, min(place, len(self.rows) - 1))

    def window(self, height: int) -> list[Row]:
        """Return the lines that a height shows, the one that the person is at among them."""
        self.top = max(min(self.top, self.place), self.place - height + 1, 0)
        self.top = max(0, min(self.top, len(self.rows) - height))
        return self.rows[self.top : self.top + height]

    def narrow(self, words: str) -> None:
        """Show only changes whose path has every word, whatever its case; `!word` is one that it has not."""
        self.filter = words
        self.renew()

    def toggle(self, node: Node) -> None:
        """Choose what the filter leaves of a node and of all below it, or nothing of it where all of it was chosen."""
        shown = self._shown(node)
        self.set(shown, chosen=not all(one.whole for one in shown))

    def all(self, *, chosen: bool) -> None:
        """Choose everything that the filter leaves, or nothing of it."""
        self.set(self._shown(self.root), chosen=chosen)

    def _shown(self, node: Node) -> list[Node]:
        words = self.filter.lower().split()
        kept = self._kept(words) if words else None
        return [one for one in node.walk() if one.own and (kept is None or id(one) in kept)]

    def set(self, nodes: Sequence[Node], *, chosen: bool) -> None:
        """Choose nodes whole, or not at all."""
        for node in nodes:
            self.part(node, None, chosen=chosen)

    def part(self, node: Node, blocks: frozenset[int] | None, *, chosen: bool = False) -> None:
        """Choose blocks of a file; with None the whole of it, or nothing."""
        taken = int(chosen) - int(node.whole)
        parted = int(blocks is not None) - int(node.blocks is not None)
        node.whole, node.blocks = chosen, blocks
        self._chosen = None
        for one in node.above():
            one.taken += taken
            one.parted += parted

    def chosen(self) -> list[Node]:
        """Return the nodes that are chosen whole or in part, in the order of paths, with the new directories above."""
        if self._chosen is not None:
            return self._chosen
        kept = {path: node for path, node in self.nodes.items() if node.whole or node.blocks}
        for node in list(kept.values()):
            above = (one for one in node.above() if one.own and one.change.kind == "added")
            kept.update((one.path, one) for one in above)
        self._chosen = [kept[path] for path in sorted(kept)]
        self.size = sum(node.change.new.size for node in self._chosen if node.change.new is not None)
        return self._chosen

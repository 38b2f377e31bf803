"""Parts of a changed text: which there are, what each takes and gives, and the text that some of them make.

A block is the finest part: old lines that others stand in place of. Blocks that are near each other are shown as one
hunk. Lines end with their line feed; a last line without one is another line than that with it, as diff has it. What
`applied` returns is what patch(1) makes of the old text and the chosen blocks.
"""

from collections.abc import Collection, Iterator, Sequence

from hull.light import NamedTuple

CONTEXT = 3
LARGEST = 1 << 20  # bytes of a text that has parts
LONGEST = 20_000  # lines of one
PEEK = 8000  # bytes in which a NUL tells binaries apart, as git does
QUICK = 500  # lines from which on lines that are everywhere count little: else the time is their number's square


class Block(NamedTuple):
    """Lines `first` to `last` of the old text, the latter not included, become `start` to `end` of the new one."""

    first: int
    last: int
    start: int
    end: int


class Line(NamedTuple):
    """One line of a shown hunk: `mark` is a blank, - or +; `block` the number of the block it is of, -1 for context."""

    mark: str
    text: bytes
    block: int


class Parts:
    """Two texts and the blocks in which they differ."""

    def __init__(self, old: bytes, new: bytes) -> None:
        self.old, self.new = lines(old), lines(new)
        self.blocks = blocks(self.old, self.new)

    def hunks(self, context: int = CONTEXT) -> list[tuple[int, ...]]:
        """Return the numbers of the blocks that each hunk holds: between those of one are at most 2 contexts."""
        made: list[list[int]] = []
        for number, block in enumerate(self.blocks):
            near = made and block.first - self.blocks[made[-1][-1]].last <= 2 * context
            if near:
                made[-1].append(number)
            else:
                made.append([number])
        return [tuple(hunk) for hunk in made]

    def head(self, hunk: Sequence[int], context: int = CONTEXT) -> str:
        """Return a hunk's line with its places, as unified diffs have it."""
        one, other = self.blocks[hunk[0]], self.blocks[hunk[-1]]
        before = self._before(hunk, context)
        after = self._after(hunk, context)
        return (
            f"@@ -{_range(one.first - before, other.last + after)} +{_range(one.start - before, other.end + after)} @@"
        )

    def shown(self, hunk: Sequence[int], context: int = CONTEXT) -> Iterator[Line]:
        """Yield the lines of a hunk, its context included."""
        place = self.blocks[hunk[0]].first - self._before(hunk, context)
        for number in hunk:
            block = self.blocks[number]
            yield from (Line(" ", line, -1) for line in self.old[place : block.first])
            yield from (Line("-", line, number) for line in self.old[block.first : block.last])
            yield from (Line("+", line, number) for line in self.new[block.start : block.end])
            place = block.last
        yield from (Line(" ", line, -1) for line in self.old[place : place + self._after(hunk, context)])

    def applied(self, chosen: Collection[int]) -> bytes:
        """Return the old text with the chosen blocks in it."""
        made: list[bytes] = []
        place = 0
        for number, block in enumerate(self.blocks):
            made += self.old[place : block.first]
            taken = number in chosen
            made += self.new[block.start : block.end] if taken else self.old[block.first : block.last]
            place = block.last
        return b"".join([*made, *self.old[place:]])

    def _before(self, hunk: Sequence[int], context: int) -> int:
        """Return how many lines of context stand before a hunk: a neighbour's lines are none."""
        left = self.blocks[hunk[0] - 1].last if hunk[0] else 0
        return min(context, self.blocks[hunk[0]].first - left)

    def _after(self, hunk: Sequence[int], context: int) -> int:
        last = hunk[-1] + 1
        right = self.blocks[last].first if last < len(self.blocks) else len(self.old)
        return min(context, right - self.blocks[hunk[-1]].last)


def apply(old: bytes, new: bytes, chosen: Collection[int]) -> bytes:
    """Return the old text with those blocks of the new one that are chosen, by their numbers from 0."""
    return Parts(old, new).applied(chosen)


def lines(text: bytes) -> list[bytes]:
    """Return the lines of a text, each with its line feed: no other byte ends one."""
    made = [line + b"\n" for line in text.split(b"\n")]
    made[-1] = made[-1][:-1]
    return made if made[-1] else made[:-1]


def divisible(*texts: bytes | None) -> bool:
    """Whether texts have parts: they are no binaries and not too large to be compared while somebody waits."""
    return all(
        text is None or (len(text) <= LARGEST and b"\0" not in text[:PEEK] and text.count(b"\n") <= LONGEST)
        for text in texts
    )


def blocks(old: Sequence[bytes], new: Sequence[bytes]) -> list[Block]:
    """Return where two texts differ, in their order; the same lines at both ends are not looked at twice."""
    from difflib import SequenceMatcher

    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    rest = 0
    while rest < min(len(old), len(new)) - same and old[len(old) - 1 - rest] == new[len(new) - 1 - rest]:
        rest += 1
    left, right = old[same : len(old) - rest], new[same : len(new) - rest]
    found = SequenceMatcher(None, left, right, autojunk=max(len(left), len(right)) > QUICK).get_opcodes()
    return [Block(a + same, b + same, c + same, d + same) for kind, a, b, c, d in found if kind != "equal"]


def _range(first: int, last: int) -> str:
    """Return lines as unified diffs count them: from 1, an empty range by the line before it, one line without 1."""
    count = last - first
    if count == 1:
        return str(first + 1)
    return f"{first + bool(count)},{count}"

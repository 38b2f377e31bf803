"""The picker as lines of text: a pure function of its state and a size.

    title       the try, how much is chosen of it
    tree        what changed: chosen or not, added, modified, deleted or renamed
    rule        the change that the person is at
    text        what is to be known of it, and the difference
    last line   a question, a message, what is typed, or hints

A wide terminal has tree and text side by side, a low one lets them take turns.
"""

from typing import Any

from hull.ui import overlays, text
from hull.ui.choices import Node, Row
from hull.ui.painting import LEAST, LOW, Frame, Spot, whole
from hull.ui.picking import Picking
from hull.ui.picking_text import MARKS, STYLES, mark
from hull.units import size

WIDE = 100  # from here on they stand side by side
FEW = 6  # lines that the tree keeps
BOXES = {"all": "[x]", "some": "[-]", "none": "[ ]", "locked": " ! "}
BOX = 4


def paint(state: Picking, width: int, height: int) -> Frame:
    """Return exactly `height` lines of exactly `width` cells."""
    if width < LEAST[0] or height < LEAST[1]:
        return whole(state, [[("", f"hull: {width}x{height} is too small")]], [], width, height)
    spots: list[Spot] = []
    foot = overlays.foot(state, width)[: height - 2]
    room = height - 1 - len(foot)
    lines: list[text.Line] = [_title(state, width)]
    if state.help:
        lines += overlays.help_page(state, width, room)
    else:
        lines += _body(state, width, room, spots)
    return whole(state, [*lines, *([[]] * (1 + room - len(lines))), *foot], spots, width, height)


def _body(state: Picking, width: int, height: int, spots: list[Spot]) -> list[text.Line]:
    if state.zoomed or (height + 2 < LOW and state.inside):
        return _text(state, width, height, spots, 1)
    if height + 2 < LOW:
        return _tree(state, width, height, spots)
    if width < WIDE:
        upper = max(FEW, min(len(state.choices.rows), height * 9 // 20))
        return [*_tree(state, width, upper, spots), *_text(state, width, height - upper, spots, 1 + upper)]
    left, right = width * 9 // 20, list[Spot]()
    tree = _tree(state, left, height, spots)
    beside = _text(state, width - left - 1, height, right, 1)
    spots += [spot._replace(first=spot.first + left + 1, last=spot.last + left + 1) for spot in right]
    bar = ("class:rule", state.glyphs.beside)
    return [[*text.padded(a, left), bar, *b] for a, b in zip(tree, beside, strict=True)]


def _title(state: Picking, width: int) -> text.Line:
    root = state.choices.root
    state.choices.chosen()
    share = f"{root.taken + root.parted} of {root.total} chosen, {size(state.choices.size)} "
    locked = len(state.choices.nodes) - root.total
    share = f"{locked} locked, {share}" if locked else share
    narrowed = f" /{text.plain(state.choices.filter)}" if state.choices.filter else ""
    name = text.cut(
        f" changes of {text.plain(state.name)}{narrowed}", max(0, width - len(share) - 7), state.glyphs.more
    )
    fill = " " * max(0, width - 6 - text.width(name) - len(share))
    return [("class:title bold", " hull "), ("class:title.here", name), ("class:title", f"{fill}{share}")]


def _tree(state: Picking, width: int, height: int, spots: list[Spot]) -> list[text.Line]:
    choices = state.choices
    lines: list[text.Line] = []
    for number, row in enumerate(choices.window(height), choices.top):
        here = number == choices.place
        style = ("class:chosen.away" if state.inside else "class:chosen") if here else ""
        at = 1 + len(lines)
        first = 1 + 2 * row.depth
        spots += [
            Spot(at, 1, 1 + BOX, "box", str(number)),
            Spot(at, first + BOX, first + BOX + 2, "fold", str(number)),
            Spot(at, 0, width, "row", str(number)),
        ]
        line = _line(state, row, width)
        lines.append(text.padded([("", words) for _, words in line] if style else line, width, style))
    if not lines:
        words = f"nothing matches {choices.filter!r}" if choices.filter else "nothing was changed"
        lines.append([("class:dim", f" {words}")])
    return [*lines, *([[]] * (height - len(lines)))][:height]


def _line(state: Picking, row: Row, width: int) -> text.Line:
    node, glyphs = row.node, state.glyphs
    fold = (glyphs.unfolded if node.open else glyphs.folded) if node.children else " "
    letter = mark(node.change) if node.change is not None else " "
    told, style = _told(node)
    box = BOXES[node.state]
    label = f"{text.plain(row.label)}{'/' if _directory(node) else ''}"
    head = f"{'  ' * row.depth}{fold} "
    room = max(4, width - 2 - BOX - len(head) - 2 - text.width(told) - 1)
    return [
        ("", " "),
        ("class:good" if node.state in ("all", "some") else "class:dim", f"{box} "),
        ("class:dim", head),
        (STYLES.get(letter, ""), f"{letter} "),
        ("class:name" if node.change is None else "", text.fit(label, room, glyphs.more)),
        (style, f" {told}"),
    ]


def _directory(node: Node) -> bool:
    entry = node.change and (node.change.new or node.change.old)
    return node.change is None or (entry is not None and entry.kind == "directory")


def _told(node: Node) -> tuple[str, str]:
    """Return what the end of a line tells: why it is locked, what it is, how large, how many below."""
    change = node.change
    if node.lock:
        return text.plain(node.lock.partition(":")[0]), "class:busy"
    if node.flag:
        return text.plain(node.flag.partition(":")[0]), "class:busy"
    if node.children:
        return f"{node.count - (change is not None)} below", "class:dim"
    if change.kind == "changed" and "content" not in change.what and "type" not in change.what:
        return ", ".join(change.what), "class:dim"
    entry = change.new or change.old
    return (f"-> {text.plain(entry.target)}" if entry.kind == "link" else size(entry.size)), "class:dim"


def _text(state: Picking, width: int, height: int, spots: list[Spot], at: int) -> list[text.Line]:
    """Return the rule and what is to be known of the change here."""
    style = "class:rule.inside" if state.inside else "class:rule"
    rule = state.glyphs.rule
    about = _about(state)
    about = text.cut(f" {about} ", max(0, width - 6), state.glyphs.more)
    line: text.Line = [(style, rule * 2), ("class:about", about), (style, rule * max(0, width - 2 - text.width(about)))]
    spots += [Spot(at + 1 + row, 0, width, "text", "") for row in range(height - 1)]
    rows = _rows(state, width, height - 1)
    return [text.padded(one, width) for one in [line, *rows, *([[]] * (height - 1 - len(rows)))]][:height]


def _about(state: Picking) -> str:
    node = state.node
    if node is None:
        return ""
    hunks = state.hunks()
    if state.inside and hunks:
        return f"part {state.part + 1} of {len(hunks)}: {text.plain(node.path)}"
    return text.plain(node.path) + (f" ({len(hunks)} parts)" if len(hunks) > 1 else "")


def _rows(state: Picking, width: int, height: int) -> list[text.Line]:
    node, detail = state.node, state.detail
    if node is None:
        return []
    head: list[text.Line] = []
    if node.lock:
        head = [[("class:busy", f"  {words}")] for words in _wrapped(node.lock, width)]
    if node.flag:
        head += [[("class:busy", f"  {words}")] for words in _wrapped(node.flag, width)]
    if node.change is None:
        return _summary(node, width)
    if detail is None:
        return [*head, [("class:dim", "  reading")]]
    return [*head, *_window(state, detail.rows(), height - len(head))][:height]


def _summary(node: Node, width: int) -> list[text.Line]:
    """Return what changed below a directory, and why some of it cannot be chosen."""
    kinds = ", ".join(f"{node.sums[kind]} {kind}" for kind in MARKS if kind in node.sums)
    lines: list[text.Line] = [[("", f"  {kinds}")]]
    for why in (word for word in node.sums if word not in MARKS):
        lines += [[("class:busy", f"  {words}")] for words in _wrapped(f"{node.sums[why]}: {why}", width)]
    return lines


def _wrapped(words: str, width: int) -> list[str]:
    return ["".join(part for _, part in line) for line in text.wrapped([("", text.plain(words))], max(1, width - 3))]


def _window(state: Picking, rows: list[Any], height: int) -> list[text.Line]:
    """Return the lines that a height shows; the part that the person went to is among them."""
    if state.follow and height > 0:
        mine = [number for number, row in enumerate(rows) if row.hunk == state.part]
        if mine and not (state.top <= mine[0] and mine[-1] < state.top + height):
            state.top = max(0, min(mine[0], mine[-1] - height + 1) if len(mine) < height else mine[0])
        state.follow = False
    state.top = max(0, min(state.top, len(rows) - max(1, height)))
    hunks, locked = state.hunks(), bool(state.node and state.node.lock)
    made = []
    for row in rows[state.top : state.top + max(0, height)]:
        here = state.inside and row.hunk == state.part
        bar = ("class:hint" if here else "", state.glyphs.beside if here else " ")
        line = [bar, *row.line]
        if row.head and hunks and not locked:
            taken = state.taken(hunks[row.hunk])
            box = ("class:good" if taken != "none" else "class:dim", f"{BOXES[taken]} ")
            line = [bar, box, *row.line]
            line = text.padded([("", words) for _, words in line], 10_000, "class:chosen") if here else line
        made.append(line)
    return made

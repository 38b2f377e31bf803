"""What a key does to the picker: it changes the state, and may ask something of the world."""

from collections.abc import Callable

from hull.ui import keys
from hull.ui.choices import Node
from hull.ui.picking import Picking
from hull.ui.picking_keys import KEYS
from hull.ui.spoken_press import PAGE, STEPS, answer, begin_filter, distance, heard, leaf, out, typed
from hull.ui.state import Question, Request


def press(state: Picking, key: str, page: int = PAGE) -> Request | None:
    """Take one key; a request is keep, drop, read, quit, suspend or redraw.

    After read, when the texts of what the person is at are there, `act` is to be asked for `inside`.
    """
    heard(state)
    if state.question:
        return answer(state, key)
    if state.prompt:
        state.prompt, words = typed(state.prompt, key)
        state.choices.narrow(words)
        return None
    action = keys.find(key, state.pane, inside=state.inside, table=KEYS)
    if state.help:
        return leaf(state, key, action, page)
    if action == "scroll":
        action = f"scroll-{'up' if key == 'K' else 'down'}"
    return act(state, action, page)


def act(state: Picking, action: str, page: int = PAGE) -> Request | None:
    """Do what a key or the mouse means."""
    if action in STEPS:
        move(state, distance(action, page))
    elif action in ("inside", "unfold") and _unread(state):
        return Request("read")
    elif action in CHANGES:
        CHANGES[action](state)
    elif action in ("keep", "drop"):
        _ask(state, action)
    elif action in ("quit", "suspend", "redraw"):
        return Request(action)
    return None


def _unread(state: Picking) -> bool:
    node = state.node
    return node is not None and not node.children and not node.lock and state.detail is None


def move(state: Picking, step: int) -> None:
    """Move in the tree, or among the parts of a file."""
    if state.inside:
        state.part = max(0, min(state.part + step, len(state.hunks()) - 1))
        state.follow = True
    else:
        before = state.node
        state.choices.choose(state.choices.place + step)
        if state.node is not before:
            state.top = state.part = 0


def _ask(state: Picking, verb: str) -> None:
    chosen = state.choices.chosen()
    count = len(chosen)
    parted = next((node.path for node in chosen if node.blocks is not None), "") if verb == "drop" else ""
    if parted:
        state.say(f"{parted} is chosen in part: drop takes all of a file, keep takes parts", "class:error")
        return
    if not count:
        state.say("nothing is chosen: Space chooses what the line is about, a everything", "class:error")
        return
    what = f"{count} change{'s' if count > 1 else ''}"
    words = f"keep {what} on this machine?" if verb == "keep" else f"drop {what} from {state.name}?"
    state.question = Question(words, Request(verb))


def _toggle(state: Picking) -> None:
    node = state.node
    if node is None:
        return
    if node.state == "locked":
        state.say(_why(node), "class:error")
    else:
        state.choices.toggle(node)


def _why(node: Node) -> str:
    found = next((one for one in node.walk() if one.lock), node)
    return f"{found.path}: {found.lock}"


def _inside(state: Picking) -> None:
    """Go into the parts of a file; a directory opens or folds."""
    node = state.node
    if node is not None and node.children:
        _fold(state, opened=not node.open)
    elif node is not None and node.lock:
        state.say(_why(node), "class:error")
    elif len(state.hunks()):
        state.inside, state.part, state.follow = True, min(state.part, len(state.hunks()) - 1), True
    else:
        state.say("it has no parts: it is chosen whole")


def _fold(state: Picking, *, opened: bool) -> None:
    node = state.node
    if node is None:
        return
    if node.children and node.open is not opened:
        node.open = opened
        state.choices.renew()
    elif not opened:
        places = {id(row.node): place for place, row in enumerate(state.choices.rows)}
        above = [places[id(one)] for one in node.above() if one is not node and id(one) in places]
        state.choices.choose(above[0] if above else state.choices.place)
    elif not node.children:
        _inside(state)


def _unfold_all(state: Picking) -> None:
    nodes = [node for node in state.choices.root.walk() if node.children and node is not state.choices.root]
    opened = not all(node.open for node in nodes)
    for node in nodes:
        node.open = opened
    state.choices.renew()


def _toggle_part(state: Picking) -> None:
    node, hunks = state.node, state.hunks()
    if node is None or not hunks:
        return
    every = frozenset(block for hunk in hunks for block in hunk)
    chosen = node.blocks if node.blocks is not None else every if node.whole else frozenset()
    mine = frozenset(hunks[state.part])
    chosen = chosen - mine if mine <= chosen else chosen | mine
    whole = chosen == every
    state.choices.part(node, None if whole or not chosen else chosen, chosen=whole)
    if state.part < len(hunks) - 1 and mine <= chosen:
        move(state, 1)


def _split(state: Picking) -> None:
    if state.detail is None or not state.hunks():
        return
    if not state.detail.split(state.part):
        state.say("it cannot be split: no unchanged line divides it")
    state.follow = True


def _whole(state: Picking, *, chosen: bool) -> None:
    if state.node is not None:
        state.choices.set([state.node], chosen=chosen)


def _zoom(state: Picking) -> None:
    state.zoomed = not state.zoomed


def _scroll(state: Picking, step: int) -> None:
    state.top = max(0, state.top + step)


CHANGES: dict[str, Callable[[Picking], None]] = {
    "toggle": _toggle,
    "inside": _inside,
    "unfold": lambda state: _fold(state, opened=True),
    "fold": lambda state: _fold(state, opened=False),
    "unfold-all": _unfold_all,
    "all": lambda state: state.choices.all(chosen=True),
    "none": lambda state: state.choices.all(chosen=False),
    "filter": begin_filter,
    "out": out,
    "toggle-part": _toggle_part,
    "split": _split,
    "all-parts": lambda state: _whole(state, chosen=True),
    "no-parts": lambda state: _whole(state, chosen=False),
    "scroll-up": lambda state: _scroll(state, -3),
    "scroll-down": lambda state: _scroll(state, 3),
    "zoom": _zoom,
    "help": lambda state: setattr(state, "help", True),
    "mouse": lambda state: setattr(state, "mouse", not state.mouse),
}

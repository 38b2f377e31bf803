"""What a key does: it changes the state, and may ask something of the world."""

from collections.abc import Callable

from hull.ui import keys
from hull.ui.panes import PANES, UP
from hull.ui.spoken_press import PAGE, STEPS, answer, begin_filter, distance, heard, leaf, out, typed
from hull.ui.state import ORDERS, Prompt, Question, Request, State

SIDE = 8
TABS = ("logs", "stats", "inspect", "processes")
GONE = {
    "kill": "kill {}: the program has no chance to tidy?",
    "rm": "remove {} and what it has written?",
    "rm -f": "{} runs: kill it and remove what it has written?",
}


def press(state: State, key: str, page: int = PAGE) -> Request | None:
    """Take one key, by prompt_toolkit's name or the character itself; `page` is how many rows a page has."""
    heard(state)
    if state.question:
        return answer(state, key)
    if state.prompt:
        _type(state, key)
        return None
    action = keys.find(key, state.pane, inside=state.inside)
    return leaf(state, key, action, page) if state.help else act(state, action, page)


def act(state: State, action: str, page: int = PAGE) -> Request | None:
    """Do what a key or the mouse means."""
    if action in STEPS:
        move(state, distance(action, page))
    elif action in PANES:
        state.go(action)
    elif action in TABS:
        _show(state, action)
    elif action in VERBS:
        return VERBS[action](state)
    elif action in CHANGES:
        CHANGES[action](state)
    elif action in ("quit", "suspend", "redraw"):
        return Request(action)
    return None


def move(state: State, step: int) -> None:
    """Move in the list, or in the details where the person is inside."""
    if not state.inside:
        state.here.choose(state.here.place + step)
    elif state.tab == "logs":
        state.log.move(step)
    elif state.tab == "inspect":
        state.tree.move(step)
    else:
        state.table_top = max(0, min(state.table_top + step, len(state.table) - 1))


def _type(state: State, key: str) -> None:
    """Edit the line; the list is narrowed and the details are searched while it is typed."""
    prompt = state.prompt
    if prompt is None:
        return
    state.prompt, words = typed(prompt, key)
    if prompt.kind == "filter":
        state.here.narrow(words)
    elif key == "enter":
        _search(state, words)
    else:
        state.log.needle = words


def _search(state: State, words: str, step: int = -1) -> None:
    """Look for words in the details, newest first in a log."""
    state.log.needle = words
    if not words:
        return
    if state.tab == "logs":
        if not state.log.find(words, step, here=state.log.following and step < 0):
            state.say(f"no more {words!r}")
    elif state.tab == "inspect" and not state.tree.find(words, -step):
        state.say(f"no {words!r}")


def _show(state: State, tab: str) -> None:
    if tab in PANES[state.pane].tabs:
        state.tabs[state.pane] = tab
        state.inside = True


def _turn(state: State, step: int) -> None:
    tabs = PANES[state.pane].tabs
    state.tabs[state.pane] = tabs[(tabs.index(state.tab) + step) % len(tabs)]


def _next(state: State, step: int) -> None:
    names = list(PANES)
    state.go(names[(names.index(state.pane) + step) % len(names)])


def _begin_search(state: State) -> None:
    state.prompt = Prompt("search", "", state.log.needle)


def _toggle(state: State) -> None:
    if state.tab == "inspect":
        state.tree.toggle()
    else:
        state.zoomed = not state.zoomed


def _zoom(state: State) -> None:
    state.zoomed = not state.zoomed
    state.inside = state.inside or state.zoomed


def _ended(state: State) -> None:
    state.ended = not state.ended
    state.arrange()


def _order(state: State) -> None:
    names = list(ORDERS)
    state.order = names[(names.index(state.order) + 1) % len(names)]
    state.arrange()
    state.say(f"order: {state.order}")


def _set(name: str) -> Callable[[State], None]:
    return lambda state: setattr(state, name, not getattr(state, name))


def _wrap(state: State) -> None:
    state.log.wrap, state.log.side = not state.log.wrap, 0


def _aside(state: State, step: int) -> None:
    state.log.side = 0 if state.log.wrap else max(0, state.log.side + step)


CHANGES: dict[str, Callable[[State], None]] = {
    "next-pane": lambda state: _next(state, 1),
    "previous-pane": lambda state: _next(state, -1),
    "next-tab": lambda state: _turn(state, 1),
    "previous-tab": lambda state: _turn(state, -1),
    "inside": _set("inside"),
    "out": out,
    "filter": begin_filter,
    "search": _begin_search,
    "again": lambda state: _search(state, state.log.needle),
    "again-back": lambda state: _search(state, state.log.needle, 1),
    "toggle": _toggle,
    "zoom": _zoom,
    "ended": _ended,
    "order": _order,
    "wrap": _wrap,
    "aside": lambda state: _aside(state, SIDE),
    "aside-back": lambda state: _aside(state, -SIDE),
    "flip": lambda state: state.tree.flip(),
    "unfold": lambda state: state.tree.unfold(),
    "help": _set("help"),
    "mouse": _set("mouse"),
}


def _verb(verb: str) -> Callable[[State], Request | None]:
    def ask(state: State) -> Request | None:
        _, ident, name = state.chosen()
        return Request(verb, ident, name) if ident else None

    return ask


def _sure(verb: str) -> Callable[[State], Request | None]:
    """Return what asks before it is done."""

    def ask(state: State) -> Request | None:
        pane, ident, name = state.chosen()
        if ident and pane != "containers":
            state.question = Question(f"remove {name}?", Request(f"{pane} rm", name, name))
        elif ident:
            runs = verb == "rm" and state.here.chosen().state in UP
            words = f"{verb} -f" if runs else verb
            state.question = Question(GONE[words].format(name), Request(words, ident, name))
        return None

    return ask


def _pause(state: State) -> Request | None:
    row = state.here.chosen()
    return _verb("unpause" if row is not None and row.state == "paused" else "pause")(state)


VERBS: dict[str, Callable[[State], Request | None]] = {
    **{verb: _verb(verb) for verb in ("stop", "start", "restart", "exec")},
    "pause": _pause,
    "kill": _sure("kill"),
    "remove": _sure("rm"),
}

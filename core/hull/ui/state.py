"""Everything that is on the screen. Threads bring it, keys move it, painting shows it; it knows neither of them."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from hull.ui.glyphs import UTF8, Glyphs
from hull.ui.keys import KEYS, Key
from hull.ui.panes import PANES, UP
from hull.ui.rows import Rows
from hull.ui.scroll import Scroll
from hull.ui.tree import Tree

REMEMBERED = 300  # looks at what a container uses
SHOWN = 8.0  # seconds that a message stays
ORDERS: dict[str, Callable[["State", Any], Any]] = {
    "newest": lambda _, row: -row.created,
    "name": lambda _, row: row.names,
    "cpu": lambda state, row: -state.used[row.id].cpu if row.id in state.used else 0,
    "memory": lambda state, row: -state.used[row.id].memory if row.id in state.used else 0,
}


class Request(NamedTuple):
    """What a key asked of the world: a verb for the thing `ident`, called `name`, or exec, quit, suspend, redraw."""

    verb: str
    ident: str = ""
    name: str = ""


class Message(NamedTuple):
    """One line for the person. `since` is of the monotonic clock; a failure stays until the next key."""

    text: str
    style: str
    since: float


class Prompt(NamedTuple):
    """A line that is being typed: the filter of a list, or what is searched in its details. `before` is given back."""

    kind: str
    text: str
    before: str


class Question(NamedTuple):
    """Something that is not done before a yes."""

    text: str
    request: Request


class Listed(Protocol):
    """A list that words narrow."""

    filter: str

    def narrow(self, words: str) -> None:
        """Show only what has the words."""


class Spoken:
    """What every screen has: what the last line and the help page say, and where in its two halves the person is.

    `keys` is the table of keys that they name; `pane` and `inside` tell where the person is in it, `within` is what the
    help page calls the inside.
    """

    keys: tuple[Key, ...] = KEYS
    within = "details"

    def __init__(self, glyphs: Glyphs, pane: str) -> None:
        self.glyphs = glyphs
        self.pane = pane
        self.inside = False  # keys move the details, not the list
        self.zoomed = False  # the details are all of the screen
        self.message: Message | None = None
        self.prompt: Prompt | None = None
        self.question: Question | None = None
        self.busy: dict[str, str] = {}
        self.help = False
        self.help_top = 0
        self.mouse = True

    @property
    def listed(self) -> Listed:
        """The list that a filter narrows."""
        raise NotImplementedError(self.pane)

    def say(self, words: str, style: str = "class:note") -> None:
        """Show a message; several lines become one. A failure that was not seen yet stays."""
        if style != "class:error" and self.message and self.message.style == "class:error":
            return
        self.message = Message(" - ".join(words.splitlines()), style, time.monotonic())

    def spoken(self) -> Message | None:
        """Return the message that is still to be shown."""
        message = self.message
        if message and message.style != "class:error" and time.monotonic() - message.since > SHOWN:
            self.message = message = None
        return message


class State(Spoken):
    """The screen's content."""

    def __init__(self, glyphs: Glyphs = UTF8) -> None:
        super().__init__(glyphs, "containers")
        self.rows = {name: Rows(pane) for name, pane in PANES.items()}
        self.tabs = {name: pane.tabs[0] for name, pane in PANES.items()}
        self.ended = True
        self.order = "newest"
        self.containers: list[Any] = []
        self.used: dict[str, Any] = {}
        self.history: dict[str, deque[tuple[float, int]]] = {}
        self.log = Scroll()
        self.tree = Tree()
        self.table: list[str] = []
        self.table_top = 0
        self.trouble = ""  # why the details are not there

    def begin(self, pane: str, ident: str, tab: str, *, mouse: bool) -> None:
        """Begin at a row of a list, and with one of its details."""
        self.go(pane)
        self.mouse = mouse
        if ident:
            self.here.await_(ident)
        if tab:
            self.tabs[pane] = tab

    @property
    def here(self) -> Rows:
        """The list that is shown."""
        return self.rows[self.pane]

    @property
    def listed(self) -> Rows:
        """The list that is shown."""
        return self.here

    @property
    def tab(self) -> str:
        """Which details are shown."""
        return self.tabs[self.pane]

    def chosen(self) -> tuple[str, str, str]:
        """Return pane, key and name of what is chosen, the last two empty where nothing is."""
        row = self.here.chosen()
        pane = PANES[self.pane]
        return (self.pane, pane.key(row), pane.name(row)) if row is not None else (self.pane, "", "")

    def go(self, pane: str) -> None:
        """Show another list."""
        if pane != self.pane:
            self.pane, self.inside, self.zoomed, self.trouble = pane, False, False, ""

    def put_containers(self, rows: list[Any]) -> None:
        """Take the containers as they are now."""
        self.containers = rows
        here = {row.id for row in rows}
        for gone in [ident for ident in self.history if ident not in here]:
            del self.history[gone]
        self.arrange()

    def arrange(self) -> None:
        """Put the containers in the order that was asked."""
        rows = [row for row in self.containers if self.ended or row.state in UP]
        self.rows["containers"].put(sorted(rows, key=lambda row: ORDERS[self.order](self, row)))

    def put_used(self, rows: list[Any]) -> None:
        """Take what containers use now."""
        self.used = {row.container_id: row for row in rows}
        for row in rows:
            looks = self.history.setdefault(row.container_id, deque(maxlen=REMEMBERED))
            looks.append((row.cpu, row.memory))
        if self.order in ("cpu", "memory"):
            self.arrange()

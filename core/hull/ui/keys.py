"""The table of keys: what is bound, what the help page says and what the last line hints at are made from it."""

from typing import NamedTuple

LIST, INSIDE, ANY = "list", "inside", "any"


class Key(NamedTuple):
    """One thing that keys do. `keys` as prompt_toolkit names them; `where` they count; `panes`, all if empty.

    A key with a `hint` is named in the last line.
    """

    keys: tuple[str, ...]
    action: str
    help: str
    where: str = ANY
    panes: tuple[str, ...] = ()
    hint: str = ""


CONTAINERS = ("containers",)
REMOVABLE = ("containers", "images", "networks", "volumes")
KEYS: tuple[Key, ...] = (
    Key(("up", "k"), "up", "one up"),
    Key(("down", "j"), "down", "one down"),
    Key(("pageup", "c-b"), "page-up", "a page up"),
    Key(("pagedown", "c-f", " "), "page-down", "a page down"),
    Key(("home", "g"), "first", "the first"),
    Key(("end", "G"), "last", "the last; a log follows again"),
    Key(("1",), "containers", "containers"),
    Key(("2",), "images", "images"),
    Key(("3",), "networks", "networks"),
    Key(("4",), "volumes", "volumes"),
    Key(("5",), "events", "events, as they happen"),
    Key(("tab",), "next-pane", "the next list", LIST),
    Key(("s-tab",), "previous-pane", "the list before", LIST),
    Key(("right", "]"), "next-tab", "the next of the details", LIST),
    Key(("left", "["), "previous-tab", "the details before", LIST),
    Key(("enter",), "inside", "into the details; again: the whole screen", LIST, hint="details"),
    Key(("escape",), "out", "back; clear a filter", hint=""),
    Key(("l",), "logs", "what it writes", ANY, CONTAINERS, "logs"),
    Key(("t",), "stats", "what it uses, over time", ANY, CONTAINERS),
    Key(("i",), "inspect", "everything about it", ANY, (), "inspect"),
    Key(("o",), "processes", "its processes", ANY, CONTAINERS),
    Key(("e",), "exec", "a shell in it; the view comes back after", ANY, CONTAINERS, "exec"),
    Key(("s",), "stop", "stop", ANY, CONTAINERS, "stop"),
    Key(("S",), "start", "start", ANY, CONTAINERS, "start"),
    Key(("r",), "restart", "restart", ANY, CONTAINERS, "restart"),
    Key(("p",), "pause", "pause, or go on", ANY, CONTAINERS),
    Key(("K",), "kill", "kill; asks", ANY, CONTAINERS),
    Key(("d", "delete"), "remove", "remove; asks", ANY, REMOVABLE, "rm"),
    Key(("/",), "filter", "show only what has these words; !word: has not", LIST, hint="filter"),
    Key(("a",), "ended", "with those that have ended, or without", LIST, CONTAINERS),
    Key(("O",), "order", "another order: newest, name, cpu, memory", LIST, CONTAINERS),
    Key(("/",), "search", "search", INSIDE, hint="search"),
    Key(("n",), "again", "the next that was searched", INSIDE),
    Key(("N",), "again-back", "the one before", INSIDE),
    Key(("enter",), "toggle", "a branch of inspect: open or fold; else the whole screen", INSIDE),
    Key(("tab", "s-tab"), "out", "back to the list", INSIDE),
    Key(("z",), "zoom", "the details alone, or beside the list"),
    Key(("w",), "wrap", "long lines: wrap or cut"),
    Key(("J",), "flip", "inspect: a tree, or its JSON"),
    Key(("*",), "unfold", "inspect: open or fold everything"),
    Key(("right", "]"), "aside", "long lines: on", INSIDE),
    Key(("left", "["), "aside-back", "long lines: back", INSIDE),
    Key(("m",), "mouse", "the mouse: hull's, or the terminal's to select text with"),
    Key(("c-l",), "redraw", "draw anew"),
    Key(("c-z",), "suspend", "to the shell; fg comes back"),
    Key(("?", "h", "f1"), "help", "this page", hint="help"),
    Key(("q", "c-c", "f10"), "quit", "quit", hint="quit"),
)
NAMES = {
    "up": "Up", "down": "Down", "pageup": "PgUp", "pagedown": "PgDn", " ": "Space", "home": "Home", "end": "End",
    "tab": "Tab", "s-tab": "Shift-Tab", "enter": "Enter", "escape": "Esc", "left": "Left", "right": "Right",
    "delete": "Del",
}  # fmt: skip


def bound(table: tuple[Key, ...] = KEYS) -> tuple[str, ...]:
    """Return every key of a table, once."""
    return tuple(dict.fromkeys(key for entry in table for key in entry.keys))


def find(key: str, pane: str, *, inside: bool, table: tuple[Key, ...] = KEYS) -> str:
    """Return what a key does where the person is; "" for nothing."""
    here = INSIDE if inside else LIST
    fitting = [entry for entry in table if key in entry.keys and entry.where in (here, ANY)]
    fitting = [entry for entry in fitting if not entry.panes or pane in entry.panes]
    own = [entry for entry in fitting if entry.where == here]
    return (own or fitting)[0].action if fitting else ""


def name(key: str) -> str:
    """Return a key as people call it."""
    if key.startswith("c-"):
        return f"Ctrl-{key[2:].upper()}"
    return NAMES.get(key) or (key.upper() if key[0] == "f" and key[1:].isdigit() else key)


def hints(pane: str, *, inside: bool, table: tuple[Key, ...] = KEYS) -> list[tuple[str, str]]:
    """Return key and word of what the last line names, the most useful first."""
    return [
        (name(entry.keys[0]), entry.hint)
        for entry in table
        if entry.hint and find(entry.keys[0], pane, inside=inside, table=table) == entry.action
    ]


def page(table: tuple[Key, ...] = KEYS, inside: str = "details") -> list[tuple[str, str]]:
    """Return the help page: keys and what they do; `inside` is a word for where only some of them count."""
    where = {LIST: "", ANY: "", INSIDE: f"{inside}: "}
    return [(", ".join(map(name, entry.keys)), f"{where[entry.where]}{entry.help}") for entry in table]

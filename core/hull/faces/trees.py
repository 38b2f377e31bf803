"""Nested documents, inspect's for one, as a tree that folds; no script: the browser's own details element."""

from hull.faces.markup import text
from hull.faces.style import page
from hull.light import Any

OPEN = 1  # levels that are unfolded at first
SHORT = 60  # characters of a list that stays on one line
DEEPEST = 40
NAMES = ("Name", "RepoTags", "Id", "ID")


def html(value: Any) -> str:
    """Return the whole output of a document, or of a list of them."""
    documents = value if isinstance(value, list) else [value]
    return page("".join(_branch(_called(one), one, 0) for one in documents))


def _called(document: Any) -> str:
    """Return what to call a document: its name, else its id."""
    for name in NAMES:
        found = document.get(name) if isinstance(document, dict) else None
        if found:
            return str(found[0] if isinstance(found, list) else found).removeprefix("/")
    return type(document).__name__


def _branch(key: str, value: Any, depth: int) -> str:
    if isinstance(value, dict | list) and depth > DEEPEST:
        value = "…"
    if not isinstance(value, dict | list) or not value:
        return f'<div class="leaf"><span class="key">{text(key)}</span> {_leaf(value)}</div>'
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        line = " ".join(str(item) for item in value)
        if len(line) <= SHORT:
            return f'<div class="leaf"><span class="key">{text(key)}</span> <code>{text(line)}</code></div>'
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    inner = "".join(_branch(str(name), item, depth + 1) for name, item in pairs)
    unfolded = " open" if depth < OPEN else ""
    count = f'<span class="dim">{len(value)}</span>'
    return f'<details{unfolded}><summary><span class="key">{text(key)}</span> {count}</summary>{inner}</details>'


def _leaf(value: Any) -> str:
    if value in (None, "", [], {}) or value is False:
        return f'<span class="dim">{text("—" if value in (None, "", [], {}) else "false")}</span>'
    return f"<code>{text('true' if value is True else value)}</code>"

"""What a try changed, to look at: a sentence, a table that is folded where it is long, what can be done next."""

from collections.abc import Sequence

from hull.faces.markup import text
from hull.faces.style import page
from hull.light import Any
from hull.units import size

CLASSES = {"added": "added", "changed": "changed", "removed": "deleted"}
LETTERS = {"added": "A", "changed": "M", "removed": "D"}
MOST = 500  # rows
FEW = 8  # rows that are shown at once


def next_lines(name: str, head: str = "%hull ") -> tuple[str, ...]:
    """Return the lines that go on from here."""
    return (f"{head}diff {name}", f"{head}keep {name}", f"{head}drop {name}")


class Changed:
    """One try's changes; `summary` counts them."""

    def __init__(self, name: str, changes: Sequence[Any], summary: str) -> None:
        self.name = name
        self.changes = changes
        self.summary = summary

    def __repr__(self) -> str:
        lines = [f"try {self.name}: {self.summary}"]
        lines += [f"  {_letter(one)} {_path(one)}" for one in self.changes[:FEW]]
        if len(self.changes) > FEW:
            lines.append(f"  and {len(self.changes) - FEW} more")
        return "\n".join([*lines, " · ".join(next_lines(self.name))] if self.changes else lines)

    def _repr_html_(self) -> str:
        head = f'try <span class="name">{text(self.name)}</span>: {self.summary}'
        if not self.changes:
            return page(f'<span class="dim">{head}</span>')
        rows = "".join(map(_row, self.changes[:MOST]))
        more = len(self.changes) - MOST
        rows += f'<tr><td class="dim" colspan="4">and {more} more</td></tr>' if more > 0 else ""
        lines = "".join(f'<code class="tag">{text(line)}</code>' for line in next_lines(self.name))
        opened = " open" if len(self.changes) <= FEW else ""
        table = f"<table><tbody>{rows}</tbody></table>"
        return page(f"<details{opened}><summary>{head}</summary>{table}</details>{lines}")


def _letter(change: Any) -> str:
    return "R" if change.renamed else LETTERS[change.kind]


def _path(change: Any) -> str:
    path = ascii(change.path)[1:-1] if not change.path.isprintable() else change.path
    return f"{path} (was {change.renamed})" if change.renamed else path


def _row(change: Any) -> str:
    entry = change.new or change.old
    what = ", ".join(change.what) if change.kind == "changed" else entry.kind
    length = size(entry.size) if entry.kind == "file" else ""
    kind = CLASSES[change.kind]
    return (
        f'<tr><td class="{kind}">{_letter(change)}</td><td><code>{text(_path(change))}</code></td>'
        f'<td class="dim">{text(what)}</td><td class="num">{length}</td></tr>'
    )

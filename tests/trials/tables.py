"""The tables of docs/TRY.md that are made from the tables in the code: `python -m tests.trials.tables` writes them.

Each stands between two comments, `<!-- secrets -->` and `<!-- /secrets -->`.
"""

import os
import re
import sys

from hull.trials import environment, holes, holes_live, profiles, secrets_table

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "TRY.md")
Rows = list[tuple[str, ...]]


def _code(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _profiles() -> Rows:
    rows: Rows = [("Profile", "Runs as", "Network", "Home", "What it is for")]
    for one in profiles.PROFILES:
        network = "everything" if one.network else "with `--net --egress …`" if one.named else "none"
        user = "you" if one.keep_id else "root inside"
        rows.append((f"`{one.name}`", user, network, "seen" if one.home else "hidden", one.summary))
    return rows


def _holes() -> Rows:
    rows: Rows = [("`--allow`", "What it opens", "What to know")]
    return rows + [(f"`{one.name}`", one.text, one.warning) for one in holes.HOLES]


def _secrets() -> Rows:
    rows: Rows = [("What", "Where")]
    return rows + [(one.text, _code(one.paths)) for one in secrets_table.SECRETS]


def _variables() -> Rows:
    rows: Rows = [("Dropped because it", "Names")]
    return rows + [(rule.reason, _code(rule.names)) for rule in environment.DROPPED]


def _live() -> Rows:
    return [
        ("Below a live directory", ""),
        ("can be read only, where it is there", _code(holes_live.hooks())),
        ("refused as a live directory, in the home directory", _code(holes_live.started())),
        ("refused, of the system", _code(holes_live.SYSTEM)),
    ]


TABLES = {"profiles": _profiles, "holes": _holes, "secrets": _secrets, "variables": _variables, "live": _live}


def render(name: str) -> str:
    """Return one table as Markdown."""
    head, *rows = TABLES[name]()
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def written(text: str) -> str:
    """Return the page with every table as the code has it."""
    for name in TABLES:
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = pattern.sub(lambda found, name=name: f"{found[1]}{render(name)}{found[2]}", text)
    return text


if __name__ == "__main__":
    with open(sys.argv[1] if sys.argv[1:] else PAGE, "r+") as page:
        text = written(page.read())
        page.seek(0)
        page.write(text)
        page.truncate()

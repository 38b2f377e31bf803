"""`hull ran`: the command lines of xonsh's own history that ran in containers."""

import os
from collections.abc import Callable, Iterator

from hull.commands._verb import Flag, Word
from hull.errors import UserError
from hull.light import Annotated, Any, NamedTuple
from hull.xonsh.remembering import FIELD

NAME = "ran"


class RanRow(NamedTuple):
    """One command line: when it began, in seconds since the epoch, its exit code, in what it ran, as it was typed."""

    created: float
    exit: int
    container: tuple[str, ...]
    image: tuple[str, ...]
    command: str


def verb(shell: Any) -> Callable[..., list[RanRow]]:
    """Return the verb of one shell."""

    def ran(
        _engine: None,
        container: Annotated[str, Word("only what ran in this one: name or id", complete="container")] = "",
        *,
        all: Annotated[bool, Flag("every session's, not only this one's", "a")] = False,
    ) -> list[RanRow]:
        """List the commands of the shell's history that ran in containers, the last one last.

        It is xonsh's history: what $HISTCONTROL leaves out is not in it, `history delete` takes it away.
        """
        rows = []
        for item in _items(shell.history, every=all):
            notes = (item.get("info") or {}).get(FIELD, ())
            if any(not container or _means(note, container) for note in notes):
                names, images = (tuple(dict.fromkeys(note[key] for note in notes)) for key in ("name", "image"))
                rows.append(RanRow(item["ts"][0], item["rtn"], names, images, " ".join(item["inp"].split())))
        return sorted(rows)

    return ran


def _means(note: dict[str, str], word: str) -> bool:
    return note["name"] == word or note["id"].startswith(word)


def _items(history: Any, *, every: bool) -> Iterator[dict[str, Any]]:
    """Yield the items that have a field of their own, from where the shell's backend keeps them."""
    backend = type(history).__name__
    if backend == "JsonHistory":
        yield from _json(history.filename, every=every)
        yield from history.buffer
    elif backend == "SqliteHistory":
        yield from _sqlite(history.filename, "" if every else str(history.sessionid))
    else:
        raise UserError(
            "cannot tell what ran in containers: this shell's history keeps no fields",
            "$XONSH_HISTORY_BACKEND is json or sqlite",
        )


def _json(path: str, *, every: bool) -> Iterator[dict[str, Any]]:
    from xonsh.lib.lazyjson import LazyJSON

    place, own = os.path.split(path)
    for name in sorted(os.listdir(place)) if every else [own]:
        if name == own or (name.startswith("xonsh-") and name.endswith(".json")):
            try:
                yield from LazyJSON(f"{place}/{name}").load()["cmds"]
            except (OSError, ValueError, KeyError):
                continue  # another shell's, half written or spoilt: xonsh passes it over, too


def _sqlite(path: str, session: str) -> Iterator[dict[str, Any]]:
    import contextlib
    import json
    import sqlite3

    asked = "SELECT inp, rtn, tsb, tse, info FROM xonsh_history WHERE info IS NOT NULL"
    with contextlib.closing(sqlite3.connect(path)) as db:
        found = db.execute(f"{asked} AND sessionid = ?", (session,)) if session else db.execute(asked)
        for inp, rtn, began, ended, info in found:
            yield {"inp": inp, "rtn": rtn, "ts": (began, ended), "info": json.loads(info)}

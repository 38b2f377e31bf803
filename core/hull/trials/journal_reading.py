"""Transactions as the store has them: read one, list them, choose one."""

import os

from hull.errors import HostError, UserError
from hull.light import Any
from hull.trials import journal
from hull.trials.journal import Head, Mark, Meta, Place, Plan, Unit

VERSION = 1
_VERSION = Head._fields.index("version")


def heads(data: str) -> list[Head]:
    """Return what is known of every transaction, the newest first."""
    try:
        names = os.listdir(journal.home(data))
    except FileNotFoundError:
        return []
    found = [_head(f"{journal.home(data)}/{name}") for name in names if _number(name)]
    return sorted((head for head in found if head is not None), key=lambda head: -_number(head.id))


def next_id(data: str) -> str:
    """Return an id that no transaction has; the lock is held."""
    try:
        names = os.listdir(journal.home(data))
    except FileNotFoundError:
        names = []
    return f"k{max((_number(name) for name in names), default=0) + 1}"


def known(data: str, ident: str) -> bool:
    """Whether there is a transaction of that id."""
    return bool(_number(ident)) and os.path.exists(f"{journal.home(data)}/{ident}/plan")


def read(data: str, ident: str) -> Plan:
    """Return a transaction; UserError where there is none of that id."""
    import json

    directory = f"{journal.home(data)}/{ident}"
    try:
        with open(f"{directory}/plan", encoding="ascii") as file:
            lines = [json.loads(line) for line in file]
        return _plan(directory, *lines)
    except FileNotFoundError:
        raise UserError(f"there is no keep {ident}", "hull undo --list") from None
    except (ValueError, TypeError):
        raise HostError(f"cannot read {directory}/plan: it is damaged", "look at its slots by hand") from None


def _plan(directory: str, head: list[Any], *rest: list[Any]) -> Plan:
    """Return a plan from its lines; of another version whatever fields it has."""
    if head[_VERSION:][:1] != [VERSION]:
        raise HostError(f"cannot read {directory}/plan: another hull wrote it", "use the hull that did")
    places = tuple(_place(*fields) for kind, *fields in rest if kind == "place")
    units = tuple(_unit(*fields) for kind, *fields in rest if kind == "unit")
    return Plan(directory, Head(*head), places, units)


def _head(directory: str) -> Head | None:
    import json

    try:
        with open(f"{directory}/plan", encoding="ascii") as file:
            return Head(*json.loads(file.readline()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _place(path: str, device: int, inode: int, *rest: Any) -> Place:
    here, there, asked = rest
    return Place(path, device, inode, _meta(*here), _meta(*there), asked)


def _meta(*fields: Any) -> Meta:
    found = Meta(*fields)
    pairs = found.attributes
    return found if pairs is None else found._replace(attributes=tuple((name, value) for name, value in pairs))


def _unit(number: int, path: str, here: Any, there: Any, prints: Any) -> Unit:
    marks = [None if mark is None else Mark(*mark) for mark in (here, there)]
    return Unit(number, path, marks[0], marks[1], tuple((name, Mark(*mark)) for name, mark in prints))


def _number(name: str) -> int:
    return int(name[1:]) if name[:1] == "k" and name[1:].isdecimal() else 0

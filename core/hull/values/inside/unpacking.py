"""Nodes become values. Nothing that came is run: a node's word chooses one of the functions here, which check it.

Lists, dicts and sets are made empty, then what cannot change once it is made, then the former are filled: so cycles
come back as they were. The one exception is a pickle, and only a reader that trusts the writer takes it.
"""

import array
import json
from typing import Any

from hull.values.inside.arrays import UNPACK_ARRAYS
from hull.values.inside.frames import UNPACK_FRAMES
from hull.values.inside.layout import Damaged, Parcel, natural
from hull.values.inside.libraries import UNPACK_LIBRARIES
from hull.values.inside.pickles import unpickle
from hull.values.inside.plain import UNPACK_PLAIN

SHELLS = {"list": list, "set": set, "dict": dict}  # type: dict[str, Any]
BUILDING = object()
ABSENT = object()


class Unpacker:
    """The values of a parcel. `trusted` is whether the writer may run code here."""

    def __init__(self, parcel: Parcel, trusted: bool = False) -> None:
        self._parcel = parcel
        self._nodes = parcel.nodes
        self._trusted = trusted
        self._made = [ABSENT] * len(self._nodes)  # type: list[Any]
        self._full = set()  # type: set[int]
        self.buffer = parcel.buffer

    def values(self) -> "dict[str, Any]":
        """Return the values by their names."""
        root = self._parcel.values
        try:
            for number, node in enumerate(self._nodes):
                if node[0] in SHELLS:
                    self._made[number] = SHELLS[node[0]]()
            made = self.get(root) if type(root) is int else {name: self.get(ref) for name, ref in root.items()}
            for number, node in enumerate(self._nodes):
                self._fill(number, node)
        except (Damaged, ImportError):
            raise
        except Exception as error:  # a library's own, of what it was given
            if self._trusted:
                raise
            raise Damaged("{}: {}".format(type(error).__name__, error)) from None
        if type(made) is not dict or not all(type(name) is str for name in made):
            raise Damaged("it has no names")
        return made

    def get(self, ref: Any) -> Any:
        """Return the value of a reference."""
        if type(ref) is list:
            return self.number(ref)
        if type(ref) is not int:
            return self.atom(ref)
        number = natural(ref)
        made = self._made[number]
        if made is BUILDING:
            raise Damaged("a value is inside itself")
        if made is ABSENT:
            self._made[number] = BUILDING
            made = self._made[number] = self._build(self._nodes[number])
        return made

    def filled(self, ref: Any) -> Any:
        """Return the value of a reference, its items in it already."""
        made = self.get(ref)
        if type(ref) is int:
            self._fill(ref, self._nodes[ref])
        return made

    def text(self, value: Any) -> str:
        """Return a string that a node holds."""
        if type(value) is not str:
            raise Damaged("text is wrong")
        return value

    def number(self, ref: Any) -> int:
        """Return the integer of a reference."""
        if type(ref) is int:
            ref = [self.get(ref)]
        if type(ref) is not list or len(ref) != 1 or type(ref[0]) is not int:
            raise Damaged("a number is wrong")
        return int(ref[0])

    def atom(self, ref: Any) -> Any:
        """Return what stands for itself."""
        if ref is not None and type(ref) not in (bool, str, float):
            raise Damaged("a reference is wrong")
        return ref

    def _build(self, node: Any) -> Any:
        word, rest = node[0], node[1:]
        if word == "pickle":
            if not self._trusted:
                raise Damaged("it holds a pickle, which could run anything here")
            return unpickle(self, *rest)
        return BUILD[word](self, *rest)

    def _fill(self, number: int, node: Any) -> None:
        if node[0] not in SHELLS or number in self._full:
            return
        self._full.add(number)
        made = self._made[number]
        if node[0] == "dict":
            keys, items = node[1], node[2]
            if len(keys) != len(items):
                raise Damaged("a dict is wrong")
            made.update(zip(map(self.get, keys), map(self.get, items)))  # noqa: B905 (Python 3.6)
        else:
            add = made.extend if node[0] == "list" else made.update
            add(map(self.get, node[1]))


def _numbers(unpacker: Unpacker, code: Any, number: Any) -> Any:
    if code not in ("q", "d"):
        raise Damaged("a list is wrong")
    made = array.array(code)
    made.frombytes(unpacker.buffer(number))
    return made.tolist()


BUILD = {
    "tuple": lambda u, items: tuple(map(u.get, items)),
    "frozenset": lambda u, items: frozenset(map(u.get, items)),
    "numbers": _numbers,
    "json": lambda u, number: json.loads(bytes(u.buffer(number)).decode()),
}  # type: dict[Any, Any]
for _table in (UNPACK_PLAIN, UNPACK_ARRAYS, UNPACK_FRAMES, UNPACK_LIBRARIES):
    BUILD.update(_table)

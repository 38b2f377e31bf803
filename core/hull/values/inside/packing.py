"""Values become nodes: plain descriptions, one a value, which refer to each other by number, and buffers.

A reference is a node's number, or the value itself where that is None, a bool, a string, a float, or `[int]`. What no
node can say goes as a pickle where the other side trusts this one (`pickles`), else it cannot travel.
"""

import array
import json
from itertools import chain
from typing import Any

from hull.values.inside.arrays import PACK_ARRAYS
from hull.values.inside.frames import PACK_FRAMES
from hull.values.inside.layout import Cannot, Sink
from hull.values.inside.libraries import PACK_LIBRARIES
from hull.values.inside.plain import PACK_PLAIN

MANY = 32  # items from which on it pays to look for one kind
SMALL = 1 << 62
ATOMS = frozenset((type(None), bool, str, float))
TEXTS = frozenset((type(None), bool, str, float, int))
LIBRARIES = {"numpy": PACK_ARRAYS, "pandas": PACK_FRAMES}
LIBRARIES.update(PACK_LIBRARIES)


class Foreign(Cannot):
    """A value that no node says."""


class Packer:
    """Values on their way into a sink. What is referred to twice is sent once; cycles are no trouble.

    Nothing is written before everything is described: who cannot travel is known before a byte was copied.
    """

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.restart()

    def restart(self) -> None:
        """Forget what was described."""
        self.sink.restart()
        self.nodes = []  # type: list[Any]
        self._known = {}  # type: dict[int, int]
        self._kept = []  # type: list[Any]
        self._waiting = []  # type: list[Any]
        self._data = []  # type: list[Any]

    def ref(self, value: Any, path: Any = ("value", None)) -> Any:
        """Return a reference to a value; it is described when its turn comes."""
        kind = type(value)
        if kind in ATOMS:
            return value
        if kind is int and -SMALL < value < SMALL:
            return [value]
        number = self._known.get(id(value))
        if number is None:
            number = self._known[id(value)] = len(self.nodes)
            self.nodes.append(None)
            self._kept.append(value)  # an id is a value's for as long as it lives
            self._waiting.append((number, value, path))
        return number

    def buffer(self, data: Any) -> int:
        """Take bytes, or a function that writes them into the sink; return the buffer's number."""
        number = self.reserve()
        self._data.append((number, data))
        return number

    def reserve(self) -> int:
        """Return the number of a buffer that is written by and by."""
        self.sink.buffers.append([0, 0])
        return len(self.sink.buffers) - 1

    def append(self, node: Any) -> int:
        """Add a node that is of no value; return its number."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def finish(self, root: Any) -> None:
        """Write everything."""
        for number, data in self._data:
            start = self.sink.begin()
            if callable(data):
                data(self.sink)
            else:
                self.sink.write(data)
            self.sink.ended(start, number)
        self.sink.finish(self.nodes, root)

    def drain(self) -> None:
        """Describe what waits, and what that refers to."""
        while self._waiting:
            number, value, path = self._waiting.pop()
            self.nodes[number] = self._node(value, path)

    def _node(self, value: Any, path: Any) -> Any:
        kind = type(value)
        own = getattr(self, "_" + kind.__name__, None) if kind in OWN else None
        if own is not None:
            return own(value, path)
        pack = PACK_PLAIN.get(kind)
        if pack is None:
            package = (kind.__module__ or "").partition(".")[0]
            pack = LIBRARIES.get(package, {}).get(kind.__qualname__)
        node = None if pack is None else pack(self, value, path)
        if node is None:
            raise Foreign(where(path), name_of(kind), "it is no plain value, array or frame")
        return node

    def _list(self, value: Any, path: Any) -> Any:
        return self._uniform(value) or ["list", [self.ref(item, (at, path)) for at, item in enumerate(value)]]

    def _tuple(self, value: Any, path: Any) -> Any:
        return ["tuple", [self.ref(item, (at, path)) for at, item in enumerate(value)]]

    def _set(self, value: Any, path: Any) -> Any:
        return ["set", [self.ref(item, ("…", path)) for item in value]]

    def _frozenset(self, value: Any, path: Any) -> Any:
        return ["frozenset", [self.ref(item, ("…", path)) for item in value]]

    def _dict(self, value: Any, path: Any) -> Any:
        if len(value) >= MANY and set(map(type, value)) == {str} and set(map(type, value.values())) <= TEXTS:
            text = json_text(value)
            if text is not None:
                return ["json", self.buffer(text)]
        keys = [self.ref(key, (key, path)) for key in value]
        return ["dict", keys, [self.ref(item, (key, path)) for key, item in value.items()]]

    def _uniform(self, value: Any) -> Any:
        """Return the node of a long list of one kind: numbers as an array, text and flat records as JSON."""
        if len(value) < MANY:
            return None
        kinds = set(map(type, value))
        if kinds in ({int}, {float}):
            code = "q" if int in kinds else "d"
            try:
                return ["numbers", code, self.buffer(array.array(code, value))]
            except OverflowError:
                pass
        if kinds == {dict} and len(set(map(id, value))) == len(value):
            flat = set(map(type, chain.from_iterable(map(dict.values, value)))) <= TEXTS
            kinds = {str} if flat and set(map(type, chain.from_iterable(value))) <= {str} else kinds
        text = json_text(value) if kinds <= TEXTS else None
        return None if text is None else ["json", self.buffer(text)]


OWN = frozenset((list, tuple, set, frozenset, dict))


def json_text(value: Any) -> Any:
    """Return JSON, None where a number is too long for it."""
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except ValueError:
        return None


def where(path: Any) -> str:
    """Return how one writes the place of a value: `data['a'][3]`."""
    keys = []
    while path[1] is not None:
        keys.append("[{!r}]".format(path[0]) if path[0] != "…" else "[…]")
        path = path[1]
    return str(path[0]) + "".join(reversed(keys))


def name_of(kind: Any) -> str:
    """Return a type's name, with its module."""
    name, module = str(kind.__qualname__), str(kind.__module__)
    return name if module == "builtins" else module + "." + name

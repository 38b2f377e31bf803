"""What no node says, as a pickle: for a reader that trusts the writer. Protocol 5, so its buffers stay out of it.

Numpy's arrays inside it are nodes: their pickles name modules that other releases of numpy do not have.
"""

import io
import pickle
import sys
import types
from typing import Any

from hull.values.inside.layout import Cannot

AGE = (3, 8)  # the first Python with protocol 5
HINTS = {
    "generator": "send what it yields: list(…)",
    "TextIOWrapper": "send what it holds: .read()",
    "BufferedReader": "send what it holds: .read()",
    "BufferedWriter": "send the file's path, and mount it with -v",
    "module": "import it in the cell",
    "lock": "make one in the cell",
    "RLock": "make one in the cell",
    "socket": "open one in the cell",
    "coroutine": "await it first",
}


def node_of(number: int) -> Any:
    """Stand in a pickle for a node; readers find their own in its place."""
    raise NotImplementedError(number)


def pickled(packer: Any, value: Any) -> Any:
    """Return the node of a pickle; it is the first thing in the parcel."""
    if sys.version_info < AGE:
        raise Cannot("value", type(value).__name__, "pickles that keep buffers apart need Python 3.8", "")
    try:
        return _dumped(packer, value, pickle.Pickler)
    except Cannot as error:
        by_value = _cloudpickle() if error.reason.startswith("it is defined in") else None
        if by_value is None:
            raise
    packer.restart()
    return _dumped(packer, value, by_value)


def _dumped(packer: Any, value: Any, base: Any) -> Any:
    buffers = []  # type: list[Any]
    number, start = packer.reserve(), packer.sink.begin()
    pickler = _pickler(base)(packer.sink, protocol=5, buffer_callback=buffers.append)
    pickler.packer = packer
    pickler.dump(value)
    packer.sink.ended(start, number)
    return ["pickle", number, [packer.buffer(one.raw()) for one in buffers]]


def _pickler(base: Any) -> Any:
    class Pickler(base):  # type: ignore[misc]
        """A pickler that leaves arrays out and stops at what the other side cannot find."""

        def reducer_override(self, value: Any) -> Any:
            kind = type(value)
            if kind.__module__ == "numpy" and kind.__name__ == "ndarray" and not value.dtype.hasobject:
                return node_of, (self.packer.ref(value),)
            if isinstance(value, CODE) and base is pickle.Pickler and value.__module__ == "__main__":
                name = getattr(value, "__qualname__", "it")
                raise Cannot("value", name, "it is defined in __main__", "put it into a module that both sides have")
            found = getattr(super(Pickler, self), "reducer_override", None)
            return NotImplemented if found is None else found(value)

    return Pickler


CODE = (type, types.FunctionType)


def _cloudpickle() -> Any:
    try:
        import cloudpickle
    except ImportError:
        return None
    return cloudpickle.Pickler


def unpickle(unpacker: Any, number: Any, buffers: Any) -> Any:
    """Return what a trusted pickle makes."""

    class Unpickler(pickle.Unpickler):
        """An unpickler that knows this side's nodes."""

        def find_class(self, module: str, name: str) -> Any:
            if name == "node_of" and module.endswith("inside.pickles"):
                return unpacker.get
            return super(Unpickler, self).find_class(module, name)

    data = [unpacker.buffer(one) for one in buffers]
    return Unpickler(io.BytesIO(unpacker.buffer(number)), buffers=data).load()


def blame(value: Any, error: Exception) -> Cannot:
    """Return why a value cannot be pickled, in words that help."""
    kind = type(value).__name__
    if isinstance(error, Cannot):
        return error
    reason = "it is too deep" if isinstance(error, RecursionError) else str(error)
    inner = next((name for name in HINTS if "'" in reason and name in reason), kind)
    return Cannot("value", kind, reason, HINTS.get(inner, ""))

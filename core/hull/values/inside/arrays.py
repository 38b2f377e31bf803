"""Numpy's arrays and scalars: a type in words, a shape, and the bytes; never an object that bytes could forge."""

import re
from typing import Any

from hull.values.inside.layout import Damaged, natural

PLAIN = re.compile(r"[<>|=][biufcmMSUV][0-9]+(\[[0-9A-Za-z]+\])?")
PIECE = 8 << 20  # bytes copied at a time where an array is not in one piece
DIMENSIONS = 32


def _dtype(kind: Any) -> Any:
    """Return a dtype in words; None for one whose bytes are not all."""
    if kind.hasobject or type(kind).__module__.partition(".")[0] != "numpy":
        return None
    if kind.subdtype is not None:
        base = _dtype(kind.subdtype[0])
        return None if base is None else {"base": base, "shape": list(kind.shape)}
    if kind.names is not None:
        fields = [kind.fields[name] for name in kind.names]
        formats = [_dtype(field[0]) for field in fields]
        if None in formats:
            return None
        places = {"names": list(kind.names), "offsets": [field[1] for field in fields]}
        return dict(places, formats=formats, itemsize=kind.itemsize)
    return kind.str if PLAIN.fullmatch(kind.str) else None


def undtype(words: Any) -> Any:
    """Return the dtype of checked words; it never has objects."""
    import numpy as np

    if isinstance(words, str):
        if not PLAIN.fullmatch(words):
            raise Damaged("an array's type is wrong")
        return np.dtype(words)
    if "base" in words:
        return np.dtype((undtype(words["base"]), tuple(map(natural, words["shape"]))))
    places = {"names": words["names"], "offsets": list(map(natural, words["offsets"]))}
    return np.dtype(dict(places, formats=[undtype(word) for word in words["formats"]], itemsize=words["itemsize"]))


def _array(packer: Any, value: Any, path: Any) -> Any:
    if value.dtype == object and value.dtype.fields is None:
        return ["objects", list(value.shape), packer.ref(value.ravel().tolist(), path)]
    words = _dtype(value.dtype)
    if words is None:
        return None
    turned = value.flags.f_contiguous and not value.flags.c_contiguous
    plain = value.T if turned else value

    def write(sink: Any) -> None:
        for piece in _pieces(plain):
            sink.write(piece)

    return ["array", words, list(plain.shape), packer.buffer(write), bool(turned)]


def _pieces(value: Any) -> Any:
    """Yield an array's bytes in order; one that is not in one piece is copied bit by bit."""
    import numpy as np

    if value.size == 0:
        return
    if value.flags.c_contiguous or value.nbytes <= PIECE or value.ndim == 0:
        yield np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        return
    rows = max(1, PIECE // max(1, value[0].nbytes))
    for at in range(0, len(value), rows):
        piece = value[at : at + rows]
        for part in _pieces(piece[0]) if rows == 1 and piece.ndim > 1 else _pieces(piece):
            yield part


def unarray(unpacker: Any, words: Any, shape: Any, number: Any, turned: Any) -> Any:
    """Return the array over its buffer."""
    import numpy as np

    kind, data = undtype(words), unpacker.buffer(number)
    size = kind.itemsize
    for length in map(natural, shape):
        size *= length
    if kind.hasobject or size != data.nbytes or len(shape) > DIMENSIONS:
        raise Damaged("an array has another size than its bytes")
    made = np.ndarray(tuple(shape), kind, data) if size else np.empty(tuple(shape), kind)
    return made.T if turned is True else made


def _unobjects(unpacker: Any, shape: Any, items: Any) -> Any:
    import numpy as np

    count = 1
    for length in map(natural, shape):
        count *= length
    values = unpacker.filled(items)
    if type(values) is not list or len(values) != count or len(shape) > DIMENSIONS:
        raise Damaged("an array has another size than its objects")
    made = np.empty(count, object)  # type: Any
    made[:] = values if count != 1 else None
    if count == 1:
        made[0] = values[0]
    return made.reshape(tuple(shape))


def _scalar(packer: Any, value: Any, path: Any) -> Any:
    import numpy as np

    node = _array(packer, np.asarray(value), path)
    return node and ["scalar", *node[1:]]


class _Scalars(dict):  # type: ignore[type-arg]
    """Numpy's scalar types, whose names differ from release to release."""

    def get(self, name: Any, default: Any = None) -> Any:
        import numpy as np

        kind = getattr(np, name, None)
        scalar = isinstance(kind, type) and issubclass(kind, np.generic)
        return dict.get(self, name) or (_scalar if scalar and name != "object_" else default)


PACK_ARRAYS = _Scalars(ndarray=_array)

UNPACK_ARRAYS = {
    "array": unarray,
    "objects": _unobjects,
    "scalar": lambda u, *rest: unarray(u, *rest)[()],
}  # type: dict[Any, Any]

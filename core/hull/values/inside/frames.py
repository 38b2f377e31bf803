"""Pandas' frames, series and indexes: arrays with labels. Columns come back without a copy where pandas allows."""

import datetime
from typing import Any

from hull.values.inside.layout import Damaged

INDEXES = ("Index", "DatetimeIndex", "TimedeltaIndex", "CategoricalIndex", "Int64Index", "UInt64Index", "Float64Index")
MASKED = {"i": "IntegerArray", "u": "IntegerArray", "f": "FloatingArray", "b": "BooleanArray"}


def _frame(packer: Any, value: Any, path: Any) -> Any:
    labels = [packer.ref(value.columns, path), packer.ref(value.index, path), packer.ref(value.attrs, path)]
    blocks = getattr(getattr(value, "_mgr", None), "blocks", ())  # type: Any
    if len(blocks) == 1 and len(value.columns) > 1 and type(blocks[0].values).__module__ == "numpy":
        return ["frame", *labels, packer.ref(value.to_numpy(copy=False), path)]
    columns = [packer.ref(_data(value.iloc[:, at]), (name, path)) for at, name in enumerate(value.columns)]
    return ["columns", *labels, columns]


def _series(packer: Any, value: Any, path: Any) -> Any:
    rest = [packer.ref(value.name, path), packer.ref(value.attrs, path)]
    return ["series", packer.ref(_data(value), path), packer.ref(value.index, path), *rest]


def _data(value: Any) -> Any:
    """Return what a column holds: numpy's array where there is one, pandas' own else."""
    held = value.array
    plain = value.dtype.__class__.__module__.partition(".")[0] == "numpy"
    return held.to_numpy(copy=False) if plain else held


def _index(packer: Any, value: Any, path: Any) -> Any:
    freq = getattr(value, "freqstr", None)
    return ["index", packer.ref(_data(value), path), packer.ref(value.name, path), freq]


def _range(packer: Any, value: Any, path: Any) -> Any:
    bounds = [packer.ref(int(n), path) for n in (value.start, value.stop, value.step)]
    return ["rangeindex", *bounds, packer.ref(value.name, path)]


def _multi(packer: Any, value: Any, path: Any) -> Any:
    parts = [list(value.levels), [code.copy() for code in value.codes], list(value.names)]
    return ["multiindex", *[packer.ref(part, path) for part in parts]]


def _categorical(packer: Any, value: Any, path: Any) -> Any:
    return ["categorical", packer.ref(value.codes, path), packer.ref(value.categories, path), bool(value.ordered)]


def _times(packer: Any, value: Any, path: Any) -> Any:
    utc = value.tz_convert("UTC").tz_localize(None).to_numpy()
    return ["zoned", packer.ref(utc, path), packer.ref(value.tz, path)]


def _masked(packer: Any, value: Any, path: Any) -> Any:
    kind = value.dtype.numpy_dtype
    data = value.to_numpy(dtype=kind, na_value=kind.type(0))
    return ["masked", packer.ref(data, path), packer.ref(value.isna(), path)]


def _strings(packer: Any, value: Any, path: Any) -> Any:
    gone = value.isna()
    items = [None if missing else text for text, missing in zip(value.tolist(), gone)]  # noqa: B905 (Python 3.6)
    return ["strings", packer.ref(items, path), str(value.dtype) == "str"]


def _pandas_scalar(packer: Any, value: Any, path: Any) -> Any:
    """Return the node of a moment or a span: numpy's, with its zone."""
    plain = value.tz_convert("UTC").tz_localize(None) if getattr(value, "tz", None) is not None else value
    node = packer.ref(plain.to_numpy(), path)
    return ["moment", type(value).__name__, node, packer.ref(getattr(value, "tz", None), path)]


PACK_FRAMES = {
    "DataFrame": _frame,
    "Series": _series,
    "RangeIndex": _range,
    "MultiIndex": _multi,
    "Categorical": _categorical,
    "DatetimeArray": lambda p, v, w: _times(p, v, w) if v.tz is not None else None,
    "IntegerArray": _masked,
    "FloatingArray": _masked,
    "BooleanArray": _masked,
    "StringArray": _strings,
    "StringArrayNumpySemantics": _strings,
    "ArrowStringArray": _strings,
    "ArrowStringArrayNumpySemantics": _strings,
    "Timestamp": _pandas_scalar,
    "Timedelta": _pandas_scalar,
    "NaTType": lambda _p, _v, _w: ["nat"],
    "NAType": lambda _p, _v, _w: ["na"],
}  # type: dict[Any, Any]
PACK_FRAMES.update(dict.fromkeys(INDEXES, _index))


def _pandas() -> Any:
    import pandas

    return pandas


def _unframe(unpacker: Any, columns: Any, index: Any, attrs: Any, data: Any) -> Any:
    if type(data) is list:
        parts = dict(enumerate(map(unpacker.filled, data)))
        made = _pandas().DataFrame(parts, index=unpacker.get(index), copy=False)
    else:
        made = _pandas().DataFrame(unpacker.get(data), index=unpacker.get(index), copy=False)
    made.columns = unpacker.get(columns)
    made.attrs = unpacker.filled(attrs)
    return made


def _unseries(unpacker: Any, data: Any, index: Any, name: Any, attrs: Any) -> Any:
    made = _pandas().Series(unpacker.get(data), index=unpacker.get(index), name=unpacker.get(name), copy=False)
    made.attrs = unpacker.filled(attrs)
    return made


def _unindex(unpacker: Any, data: Any, name: Any, freq: Any) -> Any:
    held = unpacker.get(data)
    made = _pandas().Index(held, dtype=held.dtype, name=unpacker.get(name), copy=False)
    if freq is not None and hasattr(made, "freq"):
        made.freq = unpacker.text(freq)
    return made


def _unmasked(unpacker: Any, data: Any, gone: Any) -> Any:
    data, gone = unpacker.get(data), unpacker.get(gone)
    kind = MASKED.get(data.dtype.kind)
    if kind is None:
        raise Damaged("a column is wrong")
    return getattr(_pandas().arrays, kind)(data, gone)


def _unstrings(unpacker: Any, items: Any, plain: Any) -> Any:
    items = unpacker.filled(items)
    try:
        return _pandas().array(items, dtype="str" if plain else "string")
    except TypeError:
        return _pandas().array(items, dtype=object)


def _moments(unpacker: Any, data: Any) -> Any:
    """Return moments or spans of numpy's: pandas would read text too, and time zones in it from any path."""
    held = unpacker.get(data)
    if type(held).__module__ != "numpy" or held.dtype.kind not in "mM":
        raise Damaged("a moment is wrong")
    return held


def _tz(unpacker: Any, zone: Any) -> Any:
    made = unpacker.get(zone)
    if made is not None and not isinstance(made, datetime.tzinfo):
        raise Damaged("a time zone is wrong")
    return made


def _unzoned(unpacker: Any, data: Any, zone: Any) -> Any:
    utc = _pandas().DatetimeIndex(_moments(unpacker, data)).tz_localize("UTC")
    return utc.tz_convert(_tz(unpacker, zone)).array


def _unmoment(unpacker: Any, kind: Any, data: Any, zone: Any) -> Any:
    if kind not in ("Timestamp", "Timedelta"):
        raise Damaged("a moment is wrong")
    made = getattr(_pandas(), kind)(_moments(unpacker, data))
    zone = _tz(unpacker, zone)
    return made if zone is None else made.tz_localize("UTC").tz_convert(zone)


UNPACK_FRAMES = {
    "frame": _unframe,
    "columns": _unframe,
    "series": _unseries,
    "index": _unindex,
    "rangeindex": lambda u, a, b, c, n: _pandas().RangeIndex(*[u.number(x) for x in (a, b, c)], name=u.get(n)),
    "multiindex": lambda u, *parts: _pandas().MultiIndex(*map(u.filled, parts[:2]), names=u.filled(parts[2])),
    "categorical": lambda u, codes, names, ordered: _pandas().Categorical.from_codes(
        u.get(codes), categories=u.get(names), ordered=ordered is True
    ),
    "zoned": _unzoned,
    "masked": _unmasked,
    "strings": _unstrings,
    "moment": _unmoment,
    "nat": lambda _u: _pandas().NaT,
    "na": lambda _u: _pandas().NA,
}  # type: dict[Any, Any]

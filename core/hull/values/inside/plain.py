"""Plain values of the standard library: each to a node, and back from one that is checked."""

import collections
import datetime
import decimal
import fractions
import pathlib
import uuid
from typing import Any

from hull.values.inside.layout import Damaged

try:
    import zoneinfo
except ImportError:  # before Python 3.9
    zoneinfo = None  # type: ignore[assignment]

DIGITS = 1 << 24  # the longest number as text


def _zone(packer: Any, zone: Any, path: Any) -> Any:
    """Return a time zone's node, None for one that only its own class can say."""
    if zone is None:
        return ["none"]
    if type(zone) is datetime.timezone:
        return ["fixed", packer.ref(zone.utcoffset(None), path), packer.ref(zone.tzname(None), path)]
    name = getattr(zone, "key", None)
    return ["zone", name] if zoneinfo and type(zone) is zoneinfo.ZoneInfo and isinstance(name, str) else None


def unzone(unpacker: Any, node: Any) -> Any:
    """Return the time zone of a node."""
    if node[0] == "none":
        return None
    if node[0] == "fixed":
        zone, name = datetime.timezone(unpacker.get(node[1])), unpacker.text(node[2])
        return zone if zone.tzname(None) == name else datetime.timezone(unpacker.get(node[1]), name)
    if zoneinfo is None:
        raise Damaged("there are no named time zones before Python 3.9")
    return zoneinfo.ZoneInfo(unpacker.text(node[1]))


def _datetime(packer: Any, value: Any, path: Any) -> Any:
    zone = _zone(packer, value.tzinfo, path)
    day = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
    return None if zone is None else ["datetime", day, zone, value.fold]


def _time(packer: Any, value: Any, path: Any) -> Any:
    zone = _zone(packer, value.tzinfo, path)
    fields = [value.hour, value.minute, value.second, value.microsecond]
    return None if zone is None else ["time", fields, zone, value.fold]


def _undatetime(unpacker: Any, fields: Any, zone: Any, fold: Any) -> Any:
    return datetime.datetime(*fields).replace(tzinfo=unzone(unpacker, zone), fold=fold)  # noqa: DTZ001


def _untime(unpacker: Any, fields: Any, zone: Any, fold: Any) -> Any:
    return datetime.time(*fields).replace(tzinfo=unzone(unpacker, zone), fold=fold)


def _undate(_unpacker: Any, year: Any, month: Any, day: Any) -> Any:
    return datetime.date(year, month, day)


def _decimal(unpacker: Any, text: Any) -> Any:
    return decimal.Decimal(unpacker.text(text))


def _ordered(packer: Any, value: Any, path: Any) -> Any:
    keys = [packer.ref(key, (key, path)) for key in value]
    return ["ordered", keys, [packer.ref(item, (key, path)) for key, item in value.items()]]


def _unordered(unpacker: Any, keys: Any, items: Any) -> Any:
    return collections.OrderedDict(zip(map(unpacker.get, keys), map(unpacker.get, items)))  # noqa: B905 (Python 3.6)


def _unint(unpacker: Any, text: Any) -> Any:
    if len(unpacker.text(text)) > DIGITS:
        raise Damaged("a number is too long")
    return int(text, 16)


PACK_PLAIN = {
    int: lambda _p, v, _w: ["int", hex(v)],
    bytes: lambda p, v, _w: ["bytes", p.buffer(v)],
    bytearray: lambda p, v, _w: ["bytearray", p.buffer(v)],
    memoryview: lambda p, v, _w: ["memoryview", p.buffer(v if v.c_contiguous else v.tobytes())],
    complex: lambda _p, v, _w: ["complex", v.real, v.imag],
    range: lambda p, v, w: ["range", *[p.ref(n, w) for n in (v.start, v.stop, v.step)]],
    slice: lambda p, v, w: ["slice", *[p.ref(n, w) for n in (v.start, v.stop, v.step)]],
    type(Ellipsis): lambda _p, _v, _w: ["ellipsis"],
    collections.OrderedDict: _ordered,
    datetime.datetime: _datetime,
    datetime.time: _time,
    datetime.date: lambda _p, v, _w: ["date", v.year, v.month, v.day],
    datetime.timedelta: lambda _p, v, _w: ["timedelta", v.days, v.seconds, v.microseconds],
    datetime.timezone: _zone,
    decimal.Decimal: lambda _p, v, _w: ["decimal", str(v)],
    fractions.Fraction: lambda p, v, w: ["fraction", p.ref(v.numerator, w), p.ref(v.denominator, w)],
    uuid.UUID: lambda _p, v, _w: ["uuid", v.hex],
    pathlib.PosixPath: lambda _p, v, _w: ["path", str(v)],
    pathlib.PurePosixPath: lambda _p, v, _w: ["purepath", str(v)],
}  # type: dict[Any, Any]
if zoneinfo is not None:
    PACK_PLAIN[zoneinfo.ZoneInfo] = _zone

UNPACK_PLAIN = {
    "int": _unint,
    "bytes": lambda u, n: bytes(u.buffer(n)),
    "bytearray": lambda u, n: bytearray(u.buffer(n)),
    "memoryview": lambda u, n: u.buffer(n),
    "complex": lambda _u, real, imag: complex(float(real), float(imag)),
    "range": lambda u, *bounds: range(*[u.number(n) for n in bounds]),
    "slice": lambda u, *bounds: slice(*[u.get(n) for n in bounds]),
    "ellipsis": lambda _u: Ellipsis,
    "ordered": _unordered,
    "datetime": _undatetime,
    "time": _untime,
    "date": _undate,
    "timedelta": lambda _u, *parts: datetime.timedelta(*parts),
    "none": lambda _u: None,
    "fixed": lambda u, *rest: unzone(u, ["fixed", *rest]),
    "zone": lambda u, *rest: unzone(u, ["zone", *rest]),
    "decimal": _decimal,
    "fraction": lambda u, over, under: fractions.Fraction(u.number(over), u.number(under)),
    "uuid": lambda u, text: uuid.UUID(u.text(text)),
    "path": lambda u, text: pathlib.PosixPath(u.text(text)),
    "purepath": lambda u, text: pathlib.PurePosixPath(u.text(text)),
}  # type: dict[str, Any]

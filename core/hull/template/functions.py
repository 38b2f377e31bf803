"""The functions a template may call: Go's own, and those Docker adds."""

import re
from collections.abc import Callable
from numbers import Number

from hull.light import Any
from hull.template.values import NOTHING, NoValue, sprintf, text


class Misuse(Exception):  # noqa: N818 (the renderer adds the place and raises it as a UserError)
    """A function was given what it does not take."""


def truth(value: Any) -> bool:
    """Whether a value counts as true: not the zero of its kind, not empty."""
    return value is not None and bool(value)


def json(value: Any) -> str:
    """Return compact JSON; methods are no part of it."""
    import json as module

    return module.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items() if not callable(inner)}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, NoValue) else value


def index(value: Any, *keys: Any) -> Any:
    """Return value[key][key]…; a key that a map lacks is the zero of its values."""
    for key in keys:
        if isinstance(value, dict):
            value = value[key] if key in value else zero(value)
        elif isinstance(value, list | tuple | str) and isinstance(key, int) and not isinstance(key, bool):
            if not 0 <= key < len(value):
                raise Misuse(f"index out of range: {key}")
            value = ord(value[key]) if isinstance(value, str) else value[key]
        else:
            raise Misuse(f"cannot index {text(value)} with {text(key)}")
    return value


def zero(mapping: dict[Any, Any]) -> Any:
    """Return what Go gives for a key that is not there: the zero value of the map's type, as far as it shows."""
    kinds = {type(value) for value in mapping.values()} or {str}
    return next(iter(kinds))() if len(kinds) == 1 and kinds <= {str, int, float, bool} else NOTHING


def cut(value: Any, *bounds: int) -> Any:
    """Return value[low:high]."""
    low, high = (*bounds, 0)[0] if bounds else 0, bounds[1] if len(bounds) > 1 else len(value)
    if not 0 <= low <= high <= len(value):
        raise Misuse(f"cannot slice {low}:{high} of {len(value)}")
    return value[low:high]


def length(value: Any) -> int:
    """Return the number of items, or bytes of a string."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, dict | list | tuple):
        return len(value)
    raise Misuse(f"len of {text(value)}")


def compare(first: Any, second: Any) -> int:
    """Return -1, 0 or 1; only numbers with numbers and strings with strings are in an order."""
    alike = any(all(isinstance(v, kind) and not isinstance(v, bool) for v in (first, second)) for kind in (Number, str))
    if not alike:
        raise Misuse(f"incompatible types for comparison: {text(first)} and {text(second)}")
    return int(first > second) - int(first < second)


def equal(first: Any, *others: Any) -> bool:
    """Whether the first equals one of the others; values of two kinds cannot be compared."""
    if not others:
        raise Misuse("missing argument for comparison")
    for other in others:
        kinds = {_kind(first), _kind(other)} - {"nil"}
        if len(kinds) > 1:
            raise Misuse(f"incompatible types for comparison: {text(first)} and {text(other)}")
    return any(first == other for other in others)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if value is None or isinstance(value, NoValue):
        return "nil"
    return "number" if isinstance(value, Number) else type(value).__name__


def _print(*values: Any) -> str:
    """Join as fmt.Print does: a space between two operands where neither is a string."""
    made = ""
    for place, value in enumerate(values):
        between = place and not isinstance(value, str) and not isinstance(values[place - 1], str)
        made += (" " if between else "") + text(value)
    return made


def _pad(value: str, before: int, after: int) -> str:
    return f"{' ' * before}{value}{' ' * after}" if value else value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "index": index,
    "slice": cut,
    "len": length,
    "not": lambda value: not truth(value),
    "eq": equal,
    "ne": lambda first, second: not equal(first, second),
    "lt": lambda first, second: compare(first, second) < 0,
    "le": lambda first, second: compare(first, second) <= 0,
    "gt": lambda first, second: compare(first, second) > 0,
    "ge": lambda first, second: compare(first, second) >= 0,
    "print": _print,
    "println": lambda *values: " ".join(map(text, values)) + "\n",
    "printf": sprintf,
    "json": json,
    "join": lambda values, between: between.join(map(text, values)),
    "split": lambda value, between: value.split(between) if between else list(value),
    "lower": lambda value: value.lower(),
    "upper": lambda value: value.upper(),
    "title": lambda value: re.sub(r"(?<!\w)\w", lambda found: found[0].upper(), value),
    "pad": _pad,
    "truncate": lambda value, count: value[:count],
}

# In the header of a table every function that shapes a cell leaves the column's name as it is.
HEADER_FUNCTIONS = {name: lambda value, *_rest: value for name in ("json", "lower", "upper", "title", "truncate")}

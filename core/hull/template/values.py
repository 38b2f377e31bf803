"""Values as Go prints them: what `{{.X}}` and printf write."""

import re
from collections.abc import Callable

from hull.light import Any

VERB = re.compile(r"%([-+# 0]*)(\d+|\*)?(?:\.(\d+))?([a-zA-Z%])")


class NoValue:
    """What a map does not have: it prints as Go says it, and is false."""

    def __str__(self) -> str:
        return "<no value>"

    def __bool__(self) -> bool:
        return False


NOTHING = NoValue()


def text(value: Any) -> str:
    """Return a value as Go's fmt.Print writes it."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return (
            f"map[{' '.join(f'{text(k)}:{text(v)}' for k, v in sorted(value.items(), key=lambda item: str(item[0])))}]"
        )
    if isinstance(value, list | tuple):
        return f"[{' '.join(map(text, value))}]"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e21:  # noqa: PLR2004 (Go's %v)
        return str(int(value))
    return str(value)


def sprintf(form: str, *values: Any) -> str:
    """Return what Go's fmt.Sprintf makes: %s %v %q %d %x %X %o %b %c %f %e %g %t %T %%, with width and precision."""
    left = list(values)

    def one(found: re.Match[str]) -> str:
        flags, width, precision, verb = found.groups()
        if verb == "%":
            return "%"
        if width == "*":
            width = str(left.pop(0)) if left else ""
        if not left:
            return f"%!{verb}(MISSING)"
        shown = _format(verb, flags, precision, left.pop(0))
        fill = "0" if "0" in flags and "-" not in flags and verb in "dxXobfeg" else " "
        count = int(width or 0)
        return shown.ljust(count) if "-" in flags else (shown.zfill(count) if fill == "0" else shown.rjust(count))

    made = VERB.sub(one, form)
    return made + (f"%!(EXTRA {', '.join(f'{_go_type(v)}={text(v)}' for v in left)})" if left else "")


def _format(verb: str, flags: str, precision: str | None, value: Any) -> str:
    made = None
    if isinstance(value, str) and verb in _OF_STRINGS:
        made = _OF_STRINGS[verb](value)
        made = made[: int(precision)] if precision and verb in "vs" else made
    elif verb in "vT":
        made = text(value) if verb == "v" else _go_type(value)
    elif isinstance(value, bool):
        made = text(value) if verb == "t" else None
    elif isinstance(value, int | float):
        made = _number(verb, flags, precision, value)
    elif verb == "s":
        made = text(value)
    return f"%!{verb}({_go_type(value)}={text(value)})" if made is None else made


def _number(verb: str, flags: str, precision: str | None, value: float) -> str | None:
    if verb not in ("dxXobc" if isinstance(value, int) else "feEgG"):
        return None
    digits = f".{precision}" if precision and verb in "feEgG" else ""
    return format(value, f"{'+' if '+' in flags and verb != 'c' else ''}{digits}{verb}")


def _go_type(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "float64", str: "string", dict: "map[string]interface {}"}
    return names.get(type(value), "<nil>" if value is None else "[]interface {}")


def quote(value: str) -> str:
    """Return the string as Go's %q writes it."""
    names = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f"}
    return f'"{"".join(names.get(c) or (c if c.isprintable() else repr(c)[1:-1]) for c in value)}"'


_OF_STRINGS: dict[str, Callable[[str], str]] = {
    "v": str,
    "s": str,
    "q": quote,
    "x": lambda value: value.encode().hex(),
    "X": lambda value: value.encode().hex().upper(),
    "T": lambda _value: "string",
}

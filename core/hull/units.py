"""Sizes and spans of time as people write and read them."""

from hull.errors import UserError

UNITS = (
    ("year", 31_536_000),
    ("month", 2_592_000),
    ("week", 604_800),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)


_BYTES = ("B", "kB", "MB", "GB", "TB", "PB")


def size(count: float) -> str:
    """Return bytes in decimal units, three significant digits: 1.23MB, as docker writes them."""
    step = 0
    while count >= 1000 and step < len(_BYTES) - 1:  # noqa: PLR2004
        count /= 1000
        step += 1
    return f"{count:.3g}{_BYTES[step]}" if count < 999.5 else f"{count:.0f}{_BYTES[step]}"  # noqa: PLR2004


def span(seconds: float) -> str:
    """Return a span in its largest unit as Docker writes it: "3 minutes", "About an hour", "Less than a second"."""
    for unit, length in UNITS:
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}s"
        if seconds >= length and unit in ("minute", "hour"):
            return f"About an {unit}" if unit == "hour" else f"About a {unit}"
    count = int(seconds)
    return "Less than a second" if count < 1 else f"{count} second{'s' if count > 1 else ''}"


SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
TIMES = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def read_size(text: str) -> int:
    """Return bytes of `512`, `64m`, `1.5g`, `2GiB`; -1 is unlimited where the flag knows that."""
    word = text.strip().lower().removesuffix("ib") if text.lower().endswith("ib") else text.strip().lower()
    word = word[:-1] if len(word) > 1 and word[-1] == "b" and word[-2] in SIZES else word
    digits = word.rstrip("bkmgt")
    try:
        value = float(digits) * SIZES[word[len(digits) :]]
    except (KeyError, ValueError):
        raise UserError(f"cannot read the size {text!r}", "write a number with b, k, m or g, as 64m") from None
    return int(value)


def read_span(text: str) -> float:
    """Return seconds of `1m30s`, `500ms`, `1.5h`, as Docker's flags take them; a bare number is seconds."""
    import re

    word = text.strip()
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", word)
    if word and "".join(map("".join, parts)) == word:
        return sum(float(number) * TIMES[unit] for number, unit in parts)
    if re.fullmatch(r"\d+(?:\.\d+)?", word):
        return float(word)
    raise UserError(f"cannot read the time {text!r}", "write a number with ms, s, m or h, as 1m30s")


def moment(seconds: float) -> str:
    """Return a time in the local zone as Docker's CreatedAt has it: 2026-11-25 14:23:24 +0000 UTC."""
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S %z %Z", time.localtime(seconds))

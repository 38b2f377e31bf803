"""Spans of time for people, where a verb's own value holds one."""

UNITS = (
    ("year", 31_536_000),
    ("month", 2_592_000),
    ("week", 604_800),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)


def span(seconds: float) -> str:
    """Return a span in its largest unit as Docker writes it: "3 minutes", "About an hour", "Less than a second"."""
    for unit, length in UNITS:
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}s"
        if seconds >= length and unit in ("minute", "hour"):
            return f"About an {unit}" if unit == "hour" else f"About a {unit}"
    count = int(seconds)
    return "Less than a second" if count < 1 else f"{count} second{'s' if count > 1 else ''}"

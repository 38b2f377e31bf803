"""Moments as --since and --until take them. Source of the forms: Docker's logs reference."""

import datetime as dt

from hull.errors import UserError
from hull.units import read_span

SECOND = 1_000_000_000


def moment(text: str, flag: str, now: float) -> int | None:
    """Return nanoseconds since the epoch of an RFC 3339 time, seconds since the epoch, or a span before `now`.

    A date or a time without a zone is this machine's; 0 and nothing are no bound.
    """
    if text in ("", "0"):
        return None
    for read in (_seconds, _date, _ago):
        found = read(text, now)
        if found is not None:
            return found
    raise UserError(
        f"cannot read the time {text!r} of {flag}", "write 10m, 1h30m, 2024-05-06T07:08:09Z, 2024-05-06 or unix seconds"
    )


def _seconds(text: str, _now: float) -> int | None:
    whole, _, fraction = text.partition(".")
    if not whole.isdecimal() or not (fraction or "0").isdecimal():
        return None
    return int(whole) * SECOND + int(fraction[:9].ljust(9, "0"))


def _date(text: str, _now: float) -> int | None:
    head, point, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))] if point else ""
    try:
        found = dt.datetime.fromisoformat(head + rest[len(digits) :])
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.astimezone()
    return round(found.timestamp()) * SECOND + int(digits[:9].ljust(9, "0"))


def _ago(text: str, now: float) -> int | None:
    ahead = text.startswith("-")  # Go's durations may be negative: that is later than now
    try:
        span = round(read_span(text.lstrip("+-")) * SECOND)
    except UserError:
        return None
    return round(now * SECOND) + (span if ahead else -span)

"""Ranges of bytes in headers. Source: RFC 9110, section 14.4, and the OCI distribution spec's Range of an upload."""


def fits(header: str, start: int, size: int) -> bool:
    """Whether a Content-Range is from `start` to the end of `size` bytes (-1: unknown), as was asked."""
    unit, _, rest = header.strip().partition(" ")
    span, slash, total = rest.partition("/")
    first, dash, last = span.partition("-")
    if unit.lower() != "bytes" or not slash or not dash or not (_number(first) and _number(last)):
        return False
    if int(first) != start or int(last) < int(first):
        return False
    if _number(total):
        return int(last) == int(total) - 1 and size in (-1, int(total))
    return total == "*" and size in (-1, int(last) + 1)


def received(header: str) -> int:
    """Return how many bytes of an upload the registry has, from its Range header ("0-99"); -1 if it says nonsense."""
    first, dash, last = header.removeprefix("bytes=").partition("-")
    if dash and _number(first) and _number(last) and int(first) == 0:
        return int(last) + 1 if int(last) else 0  # distribution says 0-0 for nothing
    return -1


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit()

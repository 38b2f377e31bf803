r"""Pax extended headers: `length key=value\n` records, lengths in bytes, values binary."""

from hull.errors import RegistryError

_DIGITS, _TIME_DIGITS = 20, 12
_HINT = "the archive is damaged"


def parse(body: bytes, into: dict[bytes, bytes]) -> None:
    """Add the records of `body` to `into`; a later one wins. An empty value takes the key away, as POSIX says.

    GNU's sparse format 0.0 repeats its two keys: those values are collected, comma-separated, under GNU.sparse.map.
    """
    position, sparse = 0, []
    while position < len(body) and body[position]:
        space = body.find(b" ", position, position + 20)
        digits = body[position:space] if space >= 0 else b""
        end = position + (int(digits) if digits.isdigit() else 0)
        if not position + len(digits) + 2 < end <= len(body) or body[end - 1 : end] != b"\n":
            raise RegistryError("cannot unpack: a pax record's length does not hold", _HINT)
        key, equals, value = body[space + 1 : end - 1].partition(b"=")
        if not equals or not key:
            raise RegistryError("cannot unpack: a pax record without a key", _HINT)
        if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
            sparse.append(value)
        elif value or key.startswith(b"SCHILY.xattr."):
            into[key] = value
        else:
            into.pop(key, None)
        position = end
    if sparse:
        into[b"GNU.sparse.map"] = b",".join(sparse)


def integer(text: bytes, key: bytes) -> int:
    """Return a decimal value, not negative and below 2^63."""
    if not text.isdigit() or len(text) > _DIGITS or (value := int(text)) >= 1 << 63:
        raise RegistryError(f"cannot unpack: {key.decode()} {text[:40]!r} in a pax header is no number", _HINT)
    return value


def nanoseconds(text: bytes) -> int:
    """Return a decimal time in seconds, with or without a fraction, as nanoseconds, digits below them cut."""
    sign = -1 if text.startswith(b"-") else 1
    whole, _, fraction = text.removeprefix(b"-").partition(b".")
    if not whole.isdigit() or len(whole) > _TIME_DIGITS or (fraction and not fraction.isdigit()):
        raise RegistryError(f"cannot unpack: the time {text[:40]!r} in a pax header", _HINT)
    return sign * (int(whole) * 1_000_000_000 + int(fraction[:9].ljust(9, b"0")))

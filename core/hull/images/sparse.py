"""GNU sparse files: where the stored bytes belong in the file. Formats old, 0.0, 0.1 and 1.0 of GNU tar's manual."""

from hull.errors import RegistryError
from hull.images.tarstream import BLOCK, TarStream, number, truncated
from hull.light import NamedTuple

MOST = 1 << 16
DIGITS = 18


class Sparse(NamedTuple):
    """What a sparse entry's map says: its real name where pax holds one, stored bytes left, real size, regions."""

    name: bytes
    stored: int
    size: int
    pieces: tuple[tuple[int, int], ...]


def find(old: bytes, extended: dict[bytes, bytes], stream: TarStream, stored: int) -> Sparse | None:
    """Return the sparse map, None for a plain file. `old` is the header of a GNU `S` entry, else empty.

    Consumes what of the map lies in the stream. The regions are ascending, inside the size, and add up to `stored`.
    """
    name = extended.get(b"GNU.sparse.name", b"")
    if old:
        size = number(old[483:495])
        numbers = _old_map(old, stream)
    elif extended.get(b"GNU.sparse.major") == b"1":
        size = _decimal(extended.get(b"GNU.sparse.realsize", b""))
        numbers, used = _map_in_content(stream, stored)
        stored -= used
    elif b"GNU.sparse.map" in extended:
        size = _decimal(extended.get(b"GNU.sparse.size", extended.get(b"GNU.sparse.realsize", b"")))
        words = extended[b"GNU.sparse.map"].split(b",", 2 * MOST + 1)
        numbers = [_decimal(word) for word in words]
    else:
        return None
    return Sparse(name, stored, size, _regions(numbers, size, stored))


def _regions(numbers: list[int], size: int, stored: int) -> tuple[tuple[int, int], ...]:
    if len(numbers) % 2 or len(numbers) > 2 * MOST:
        raise _bad("odd or too long")
    end = total = 0
    for offset, length in zip(numbers[::2], numbers[1::2], strict=True):
        if offset < end:
            raise _bad("not ascending")
        end = offset + length
        total += length
    if end > size or total != stored:
        raise _bad("larger than the file")
    return tuple(pair for pair in zip(numbers[::2], numbers[1::2], strict=True) if pair[1])


def _old_map(header: bytes, stream: TarStream) -> list[int]:
    numbers = _pairs(header[386:482], 4)
    more = header[482]
    while more and len(numbers) <= 2 * MOST:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise truncated(stream.offset)
        numbers += _pairs(block[:504], 21)
        more = block[504]
    return numbers


def _pairs(area: bytes, count: int) -> list[int]:
    numbers: list[int] = []
    for start in range(0, 24 * count, 24):
        if not area[start]:
            break
        numbers += (number(area[start : start + 12]), number(area[start + 12 : start + 24]))
    return numbers


def _map_in_content(stream: TarStream, stored: int) -> tuple[list[int], int]:
    """Read a 1.0 map: decimal lines, the count of regions first, padded to a block."""
    text, used = b"", 0
    numbers: list[int] = []
    wanted = 1
    while len(numbers) < wanted:
        line, newline, rest = text.partition(b"\n")
        if newline:
            numbers.append(_decimal(line))
            text = rest
            wanted = 1 + 2 * numbers[0]
            if numbers[0] > MOST:
                raise _bad("too long")
            continue
        if used + BLOCK > stored or len(text) > BLOCK:
            raise _bad("not finished")
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise truncated(stream.offset)
        text += block
        used += BLOCK
    return numbers[1:], used


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > DIGITS:
        raise _bad(f"{text[:20]!r} is no number")
    return int(text)


def _bad(reason: str) -> RegistryError:
    return RegistryError(f"cannot unpack: a sparse file's map is {reason}", "the archive is damaged")

"""Read tar headers: ustar, GNU long names, pax with binary values, GNU sparse 0.0, 0.1, 1.0 and old.

Names are the archive's bytes. Sizes and counts are checked before they are believed: a special header is at most 1 MiB,
a sparse map has at most 65,536 pieces, numbers are not negative. Global pax headers are ignored, as Docker does.
"""

from collections.abc import Iterator
from zlib import adler32

from hull.errors import RegistryError
from hull.images import pax, sparse
from hull.images.tarstream import BLOCK, TarStream, number, truncated
from hull.light import NamedTuple

FILE, LINK, SYMLINK, CHAR, BLOCKDEV, DIRECTORY, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
_EMPTY = bytes(BLOCK)
_BODYLESS = frozenset((LINK, SYMLINK, CHAR, BLOCKDEV, DIRECTORY, FIFO))
_SPECIAL = frozenset((b"x", b"X", b"g", b"L", b"K"))
_FILES = frozenset((b"0", b"\0", b"7", b"S"))
SPECIAL_MAX = 1 << 20
NUMBERS_MOST = 1 << 12


class Entry(NamedTuple):
    """One member. `stored` bytes of content follow in the stream; `size` is the file's own length.

    `kind` is a one-byte tar type, regular files always FILE; `mtime` nanoseconds; `pieces` the (offset, length) data
    regions of a sparse file, None for a plain one.
    """

    name: bytes
    kind: bytes
    mode: int
    uid: int
    gid: int
    stored: int
    size: int
    mtime: int
    link: bytes
    xattrs: dict[bytes, bytes]
    pieces: tuple[tuple[int, int], ...] | None = None


def entries(stream: TarStream) -> Iterator[Entry]:
    """Yield each entry once the one before it has been consumed; content that nobody read is passed over.

    Who consumed content may go on, and consume what fills its last block and whole members after it.

    The archive ends at a block of zeros or at the end of the stream between two entries.
    """
    extended: dict[bytes, bytes] = {}
    numbers, times = _Numbers(), _Times()
    while (block := stream.read(BLOCK)) and block != _EMPTY:
        if len(block) < BLOCK:
            raise truncated(stream.offset)
        size = _checked_size(block, numbers)
        kind = block[156:157]
        if kind in _SPECIAL:
            _extend(extended, kind, _special(stream, size))
            continue
        entry = _plain(block, kind, size, numbers, times)
        if extended or kind == b"S":
            entry = _entry(block, entry, extended, stream)
            extended = {}
        after = stream.offset + entry.stored
        yield entry
        if stream.offset < after:
            stream.skip(after - stream.offset)
        if stream.offset == after and after % BLOCK:
            stream.pad(-after % BLOCK)
    if extended:
        raise truncated(stream.offset)


class _Numbers(dict[bytes, int]):
    """What numeric fields say: headers repeat modes, owners and times, and a look is a tenth of a parse."""

    def __missing__(self, field: bytes) -> int:
        if len(self) >= NUMBERS_MOST:
            self.clear()
        self[field] = value = self._read(field)
        return value

    def _read(self, field: bytes) -> int:
        return number(field)


class _Times(_Numbers):
    """The same of times, in nanoseconds; they may be before 1970."""

    def _read(self, field: bytes) -> int:
        return number(field, signed=True) * 1_000_000_000


def _plain(block: bytes, kind: bytes, size: int, numbers: "_Numbers", times: "_Times") -> Entry:
    """Build an entry from a header alone: the fast path."""
    name = block[:100].partition(b"\0")[0]
    if block[345] and block[257:263] == b"ustar\0":
        name = block[345:500].partition(b"\0")[0] + b"/" + name
    if kind in _FILES:
        kind = DIRECTORY if kind == b"\0" and name.endswith(b"/") else FILE
    if kind in _BODYLESS:
        size = 0
    return tuple.__new__(
        Entry,
        (
            name,
            kind,
            numbers[block[100:108]] & 0o7777,
            numbers[block[108:116]],
            numbers[block[116:124]],
            size,
            size,
            times[block[136:148]],
            block[157:257].partition(b"\0")[0] if block[157] else b"",
            {},
            None,
        ),
    )


def _entry(block: bytes, plain: Entry, extended: dict[bytes, bytes], stream: TarStream) -> Entry:
    """Build an entry from what its header says alone and the extended headers before it."""
    if b"size" in extended:
        size = pax.integer(extended[b"size"], b"size")
        plain = plain if plain.kind in _BODYLESS else plain._replace(stored=size, size=size)
    mtime = pax.nanoseconds(extended[b"mtime"]) if b"mtime" in extended else plain.mtime
    entry = plain._replace(
        name=extended.get(b"path", plain.name),
        link=extended.get(b"linkpath", plain.link),
        uid=pax.integer(extended[b"uid"], b"uid") if b"uid" in extended else plain.uid,
        gid=pax.integer(extended[b"gid"], b"gid") if b"gid" in extended else plain.gid,
        mtime=mtime,
        xattrs={key[13:]: value for key, value in extended.items() if key.startswith(b"SCHILY.xattr.")},
    )
    if b"\0" in entry.name or b"\0" in entry.link:
        raise RegistryError(
            f"cannot unpack {entry.name[:200]!r}: a NUL byte in a name", "the archive is damaged or hostile"
        )
    if entry.kind != FILE:
        return entry
    found = sparse.find(block if block[156:157] == b"S" else b"", extended, stream, entry.stored)
    if found is None:
        return entry
    return entry._replace(name=found.name or entry.name, stored=found.stored, size=found.size, pieces=found.pieces)


def _extend(extended: dict[bytes, bytes], kind: bytes, body: bytes) -> None:
    if kind in b"xX":
        pax.parse(body, extended)
    elif kind == b"L":
        extended.setdefault(b"path", body.partition(b"\0")[0])
    elif kind == b"K":
        extended.setdefault(b"linkpath", body.partition(b"\0")[0])


def _special(stream: TarStream, size: int) -> bytes:
    if size > SPECIAL_MAX:
        raise RegistryError(f"cannot unpack: an extended header of {size} bytes", f"the most is {SPECIAL_MAX}")
    body = stream.read(size)
    if len(body) < size:
        raise truncated(stream.offset)
    stream.skip(-size % BLOCK)
    return body


def _checked_size(block: bytes, numbers: _Numbers) -> int:
    """Return the size field of a header whose checksum holds, by unsigned or by signed bytes.

    The low half of an Adler-32 is one more than the sum of the bytes modulo 65,521: of half a block, the sum itself.
    """
    field = block[148:156]
    stated = number(field)
    unsigned = (adler32(block[:256]) & 0xFFFF) + (adler32(block[256:]) & 0xFFFF) - 2 - sum(field) + 256
    if stated != unsigned:
        high = sum(1 for byte in block[:148] + block[156:] if byte & 0x80)
        if stated != unsigned - 256 * high:
            raise RegistryError("cannot unpack: a tar header's checksum does not hold", "the archive is damaged")
    return numbers[block[124:136]]

"""Decompress a layer by its magic bytes, never by what its media type claims.

Every decoder has one shape: `decompress(data, max_length)`, `needs_input`, `eof`, `unused_data`. Streams may be several
members or frames in a row; what follows the last one and is no member is ignored, as gzip(1) and zstd(1) do.
"""

from collections.abc import Callable, Iterator

from hull.errors import HostError, RegistryError
from hull.light import Any

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
XZ = b"\xfd7zXZ\x00"
BZIP2 = b"BZh"
SKIPPABLE = 0x50  # the first of the 16 bytes a zstd frame for programs may start with, before 2a 4d 18
OUTPUT = 1 << 20  # the most that one step puts out; bounds memory against bombs
SNIFF = 512


def detect(head: bytes) -> str:
    """Return gzip, zstd, xz, bzip2 or plain for a stream that starts with `head`; else an error, before any write."""
    for magic, name in ((GZIP, "gzip"), (ZSTD, "zstd"), (XZ, "xz"), (BZIP2, "bzip2")):
        if head.startswith(magic):
            return name
    if head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == SKIPPABLE:  # zstd's skippable frame
        return "zstd"
    if not head or head[257:262] == b"ustar" or not head.strip(b"\0") or _old_tar(head):
        return "plain"
    raise RegistryError(
        f"cannot unpack: the content starts with {head[:8].hex(' ')}, no tar and no compression known here",
        "known are gzip, zstd, xz, bzip2 and none",
    )


def decoder(kind: str) -> Callable[[], Any]:
    """Return what makes a decoder of `kind`; a missing one is a `HostError`, before any write."""
    try:
        return {"gzip": _gzip, "zstd": _zstd, "xz": _xz, "bzip2": _bzip2}[kind]()
    except ImportError:
        package = {"zstd": "backports.zstd"}.get(kind, f"Python's {kind} module")
        raise HostError(f"cannot decompress {kind}: no decoder is installed", f"install {package}") from None


def stream(read: Callable[[int], bytes], chunk: int = 1 << 17) -> Iterator[bytes]:
    """Yield the plain bytes of what `read(n)` gives until it gives none. `read` is drained to its end."""
    head = b""
    while len(head) < SNIFF and (data := read(chunk)):
        head += data
    kind = detect(head[:SNIFF])
    if kind == "plain":
        while head:
            yield head
            head = read(chunk)
        return
    make = decoder(kind)
    yield from _members(make, kind, head, lambda: read(chunk))
    while read(chunk):
        pass


def _members(make: Callable[[], Any], kind: str, data: bytes, more: Callable[[], bytes]) -> Iterator[bytes]:
    machine, started = make(), True
    while True:
        try:
            output = machine.decompress(data, OUTPUT)
        except Exception as error:  # noqa: BLE001 (each decoder has an error of its own)
            if not started:
                return  # no further member: a tail
            raise RegistryError(
                f"cannot decompress {kind}: {error}", "the content is damaged: fetch it again"
            ) from None
        if output:
            started = True
            yield output
        data = b""
        if machine.eof:
            data = machine.unused_data
            while len(data) < len(ZSTD) and (extra := more()):
                data += extra
            if not _goes_on(kind, data):
                return
            machine, started = make(), False
        elif machine.needs_input and not (data := more()):
            if not started:
                return
            raise RegistryError(f"cannot decompress {kind}: the content ends too soon", "fetch it again")


def _goes_on(kind: str, data: bytes) -> bool:
    if kind == "zstd":
        return data[1:4] in (ZSTD[1:], b"\x2a\x4d\x18")
    return data.startswith({"gzip": GZIP, "xz": XZ[:4], "bzip2": BZIP2}[kind])


def _old_tar(head: bytes) -> bool:
    """Whether `head` is a tar header from before POSIX: its checksum holds."""
    try:
        stated = int(head[148:156].strip(b"\0 "), 8)
    except ValueError:
        return False
    return len(head) >= SNIFF and sum(head[:148]) + 256 + sum(head[156:SNIFF]) == stated


def _gzip() -> Callable[[], Any]:
    try:
        from isal import igzip_lib
    except ImportError:
        return _Zlib
    return lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


def _zstd() -> Callable[[], Any]:
    try:
        from compression.zstd import ZstdDecompressor  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        from backports.zstd import ZstdDecompressor
    return ZstdDecompressor  # type: ignore[no-any-return,unused-ignore]


def _xz() -> Callable[[], Any]:
    import lzma

    return lambda: lzma.LZMADecompressor(memlimit=128 << 20)


def _bzip2() -> Callable[[], Any]:
    import bz2

    return bz2.BZ2Decompressor


class _Zlib:
    """zlib's gzip reader in the shape of the others."""

    def __init__(self) -> None:
        import zlib

        self._machine = zlib.decompressobj(wbits=31)
        self._full = False

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most `max_length` bytes more."""
        output = self._machine.decompress(self._machine.unconsumed_tail + data, max_length)
        self._full = len(output) == max_length
        return output

    @property
    def needs_input(self) -> bool:
        """Whether only new input brings new output."""
        return not (self._full or self._machine.unconsumed_tail)

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""
        return self._machine.eof

    @property
    def unused_data(self) -> bytes:
        """What follows the member."""
        return self._machine.unused_data

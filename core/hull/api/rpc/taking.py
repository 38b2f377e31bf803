"""Take a directory of a client's: fsutil's messages as a tar. Its files are asked for in order, small ones ahead.

Source: github.com/tonistiigi/fsutil (send.go, receive.go); modes are Go's os.FileMode.
"""

import tarfile
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import IO, Any

from hull.api.rpc.calls import Caller, Messages, Metadata
from hull.errors import UserError

STAT, REQUEST, DATA, FINISH, ERROR = range(5)
DIRECTORY, SYMLINK, DEVICE, PIPE, SOCKET, SETUID, SETGID, CHARACTER, STICKY = (
    1 << bit for bit in (31, 27, 26, 25, 24, 23, 22, 21, 20)
)
SPECIAL = ((SETUID, 0o4000), (SETGID, 0o2000), (STICKY, 0o1000))
AHEAD, SMALL = 64, 1 << 18  # files that are asked for before their turn, and the largest such: they wait in memory
PIECE = 1 << 20
Verb = Callable[..., Awaitable[Any]]


async def take(caller: Caller, types: Any, metadata: Metadata, file: IO[bytes], verb: Verb) -> None:
    """Write the tar of what the metadata asks for to a file."""
    call = await caller.open("/moby.filesync.v1.FileSync/DiffCopy", metadata)
    receiver = Receiver(call, types, file, verb)
    await receiver.run()
    caller.check(call)


class Receiver:
    """One directory on its way."""

    def __init__(self, call: Messages, types: Any, file: IO[bytes], verb: Verb) -> None:
        self._call, self._types, self._file, self._verb = call, types, file, verb
        self._waiting: deque[tuple[int, Any]] = deque()  # files whose turn has not come, in order
        self._asked: set[int] = set()
        self._kept: dict[int, bytearray] = {}
        self._whole: set[int] = set()
        self._left = 0
        self._out = bytearray()

    async def run(self) -> None:
        """Take everything."""
        number, walking = 0, True
        self._out += _header(self._types.Stat(path="./", mode=DIRECTORY | 0o755))  # a tar, also of nothing
        while walking or self._waiting:
            packet = await self._next()
            if packet.type == STAT:
                if packet.HasField("stat"):
                    self._waiting.append((number, packet.stat))
                    number += 1
                else:
                    walking = False
            elif packet.type == DATA:
                await self._data(packet.ID, packet.data)
            await self._advance()
        self._out += b"\0" * 1024
        await self._flush(0)
        await self._say(FINISH)
        while (await self._next()).type != FINISH:
            pass
        await self._call.stream.end()
        while await self._call.read() is not None:
            pass

    async def _advance(self) -> None:
        """Write what can be written in order; ask for what comes next."""
        while self._waiting:
            number, stat = self._waiting[0]
            if not _regular(stat):
                self._out += _header(stat)
            elif number in self._whole and number in self._kept:
                data = self._kept.pop(number)
                if len(data) != stat.size:
                    raise UserError(f"{stat.path} has changed while it was sent", "build again")
                self._out += _header(stat) + data + b"\0" * (-len(data) % 512)
            elif number in self._whole:
                if self._left:
                    raise UserError(f"{stat.path} has changed while it was sent", "build again")
                self._out += b"\0" * (-stat.size % 512)
            else:
                await self._ask()
                break
            self._waiting.popleft()
            self._asked.discard(number)
        await self._flush(PIECE)

    async def _ask(self) -> None:
        """Ask for the file whose turn it is, and for small ones after it."""
        number, stat = self._waiting[0]
        if stat.size > SMALL and not self._asked:
            self._out += _header(stat)
            self._left = stat.size
            await self._request(number)
            return
        for number, stat in islice(self._waiting, AHEAD) if len(self._asked) < AHEAD // 2 else ():
            if _regular(stat) and number not in self._asked:
                if stat.size > SMALL:
                    break
                self._kept[number] = bytearray()
                await self._request(number)

    async def _request(self, number: int) -> None:
        self._asked.add(number)
        await self._say(REQUEST, number)

    async def _data(self, number: int, data: bytes) -> None:
        if number not in self._asked:
            raise UserError("the client sends a file that nobody asked for")
        if not data:
            self._whole.add(number)
        elif number in self._kept:
            self._kept[number] += data
            if len(self._kept[number]) > SMALL:
                raise UserError("the client sends more of a file than it said")
        else:
            self._left -= len(data)
            if self._left < 0:
                raise UserError("the client sends more of a file than it said")
            self._out += data
            await self._flush(PIECE)

    async def _flush(self, least: int) -> None:
        if len(self._out) > least:
            data, self._out = self._out, bytearray()
            await self._verb(self._file.write, data)

    async def _say(self, kind: int, number: int = 0) -> None:
        await self._call.write(self._types.Packet(type=kind, ID=number).SerializeToString())

    async def _next(self) -> Any:
        message = await self._call.read()
        if message is None:
            raise UserError("the client's files end too soon")
        packet = self._types.Packet.FromString(message)
        if packet.type == ERROR:
            raise UserError(f"the client cannot send its files: {packet.data.decode(errors='replace')}")
        return packet


def _regular(stat: Any) -> bool:
    kinds = DIRECTORY | SYMLINK | DEVICE | PIPE | SOCKET | CHARACTER
    return not stat.mode & kinds and not stat.linkname


def _header(stat: Any) -> bytes:
    """Return the header of an entry; owners are root's: a context has no others."""
    entry = tarfile.TarInfo(stat.path)
    entry.mode = stat.mode & 0o777 | sum(bits for mark, bits in SPECIAL if stat.mode & mark)
    entry.mtime = stat.modTime // 1_000_000_000
    if stat.mode & DIRECTORY:
        entry.type = tarfile.DIRTYPE
    elif stat.mode & SYMLINK:
        entry.type, entry.linkname = tarfile.SYMTYPE, stat.linkname
    elif stat.mode & DEVICE:
        entry.type = tarfile.CHRTYPE if stat.mode & CHARACTER else tarfile.BLKTYPE
        entry.devmajor, entry.devminor = stat.devmajor, stat.devminor
    elif stat.mode & PIPE:
        entry.type = tarfile.FIFOTYPE
    elif stat.linkname:
        entry.type, entry.linkname = tarfile.LNKTYPE, stat.linkname
    else:
        entry.size = stat.size
    if stat.xattrs:
        names = {key: value.decode("utf-8", "surrogateescape") for key, value in stat.xattrs.items()}
        entry.pax_headers = {f"SCHILY.xattr.{key}": value for key, value in names.items()}
    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")

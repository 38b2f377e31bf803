"""Send a result to a client: a tar as a stream, or as the tree that it holds (fsutil's messages, the other way)."""

import tarfile
from collections.abc import Awaitable, Callable
from typing import IO, Any

from hull.api.rpc.calls import Caller, Messages
from hull.api.rpc.taking import (
    CHARACTER,
    DATA,
    DEVICE,
    DIRECTORY,
    FINISH,
    PIPE,
    REQUEST,
    SPECIAL,
    STAT,
    SYMLINK,
)
from hull.errors import UserError

METHOD = "/moby.filesync.v1.FileSend/DiffCopy"
CHUNK = 1 << 20
KINDS = {
    tarfile.DIRTYPE: DIRECTORY, tarfile.SYMTYPE: SYMLINK, tarfile.CHRTYPE: DEVICE | CHARACTER,
    tarfile.BLKTYPE: DEVICE, tarfile.FIFOTYPE: PIPE,
}  # fmt: skip
Verb = Callable[..., Awaitable[Any]]


async def archive(caller: Caller, types: Any, file: IO[bytes], number: int, verb: Verb) -> None:
    """Send a file's bytes."""
    call = await caller.open(METHOD, _output(number))
    while chunk := await verb(file.read, CHUNK):
        await call.write(types.Bytes(data=chunk).SerializeToString())
    await call.stream.end()
    while await call.read() is not None:
        pass
    caller.check(call)


async def tree(caller: Caller, types: Any, file: IO[bytes], number: int, verb: Verb) -> None:
    """Send the entries of a tar as files."""
    entries = await verb(_entries, file)
    call = await caller.open(METHOD, _output(number))
    for entry in entries:
        await _say(call, types, type=STAT, stat=_stat(types, entry))
    await _say(call, types, type=STAT)
    while (message := await call.read()) is not None:
        packet = types.Packet.FromString(message)
        if packet.type == REQUEST:
            if len(entries) <= packet.ID:
                raise UserError("the client asks for a file that there is not")
            await _data(call, types, file, entries[packet.ID], packet.ID, verb)
        elif packet.type == FINISH:
            await _say(call, types, type=FINISH)
            await call.stream.end()
    caller.check(call)


async def _data(  # noqa: PLR0917 (each is something else)
    call: Messages, types: Any, file: IO[bytes], entry: tarfile.TarInfo, ident: int, verb: Verb
) -> None:
    file.seek(entry.offset_data)
    left = entry.size
    while left and (chunk := await verb(file.read, min(left, CHUNK))):
        left -= len(chunk)
        await _say(call, types, type=DATA, ID=ident, data=chunk)
    await _say(call, types, type=DATA, ID=ident)


async def _say(call: Messages, types: Any, **fields: Any) -> None:
    await call.write(types.Packet(**fields).SerializeToString())


def _output(number: int) -> list[tuple[str, str]]:
    return [("buildkit-attachable-exporter-id", str(number))]


def _entries(file: IO[bytes]) -> list[tarfile.TarInfo]:
    """Return the entries in the order of a walk, which is what the other side compares with its own."""
    with tarfile.open(fileobj=file, mode="r:") as tar:
        found = [entry for entry in tar if _name(entry)]
    return sorted(found, key=lambda entry: _name(entry).split("/"))


def _name(entry: tarfile.TarInfo) -> str:
    name = entry.name.strip("/").removeprefix("./")
    return "" if name == "." else name


def _stat(types: Any, entry: tarfile.TarInfo) -> Any:
    mode = entry.mode & 0o777 | sum(mark for mark, bits in SPECIAL if entry.mode & bits) | KINDS.get(entry.type, 0)
    linked = entry.linkname.removeprefix("./") if entry.islnk() else entry.linkname
    return types.Stat(
        path=_name(entry), mode=mode, uid=entry.uid, gid=entry.gid, size=entry.size if entry.isreg() else 0,
        modTime=int(entry.mtime * 1_000_000_000), linkname=linked, devmajor=entry.devmajor, devminor=entry.devminor,
    )  # fmt: skip

"""A client's files as they come: in order, as many as were said, and no other."""

import asyncio
import io
import tarfile

import pytest
from hull.api.rpc import taking
from hull.docker.buildmessages import Types
from hull.errors import UserError


class Call:
    """The messages of a client that has them ready; what is said to it is kept."""

    def __init__(self, types, *packets):
        self._packets = [types.Packet(**packet).SerializeToString() for packet in packets]
        self._types, self.asked, self.stream = types, [], self

    async def read(self):
        return self._packets.pop(0) if self._packets else None

    async def write(self, message):
        packet = self._types.Packet.FromString(message)
        self.asked.append((packet.type, packet.ID))

    async def end(self):
        self.asked.append("end")


def took(*packets):
    types, file = Types(), io.BytesIO()
    call = Call(types, *packets)

    async def act():
        await taking.Receiver(call, types, file, asyncio.to_thread).run()

    asyncio.run(act())
    file.seek(0)
    with tarfile.open(fileobj=file) as tar:
        return [
            (one.name, one.type, (tar.extractfile(one).read() if one.isreg() else one.linkname)) for one in tar
        ], call


def stat(path, mode=0o644, size=0, **more):
    return {"type": taking.STAT, "stat": {"path": path, "mode": mode, "size": size, **more}}


def data(ident, text=b""):
    return {"type": taking.DATA, "ID": ident, "data": text}


END = {"type": taking.STAT}
FINISHED = {"type": taking.FINISH}


def test_files_come_in_any_order_and_are_kept_in_the_walk_s():
    found, call = took(
        stat("d", taking.DIRECTORY | 0o755), stat("d/a", size=2), stat("d/b", size=1), stat("h", linkname="d/a"),
        stat("l", taking.SYMLINK | 0o777, linkname="d/a"), END, data(2, b"B"), data(2), data(1, b"A"),
        data(1, b"a"), data(1), FINISHED,
    )  # fmt: skip
    assert found == [
        (".", tarfile.DIRTYPE, ""), ("d", tarfile.DIRTYPE, ""), ("d/a", tarfile.REGTYPE, b"Aa"),
        ("d/b", tarfile.REGTYPE, b"B"), ("h", tarfile.LNKTYPE, "d/a"), ("l", tarfile.SYMTYPE, "d/a"),
    ]  # fmt: skip
    assert call.asked == [(taking.REQUEST, 1), (taking.REQUEST, 2), (taking.FINISH, 0), "end"]


def test_a_large_file_is_not_kept_in_memory():
    text = b"x" * (taking.SMALL + 1)
    found, call = took(
        stat("a", size=len(text)), stat("b", size=1), END, data(0, text), data(0), data(1, b"b"), data(1), FINISHED
    )
    assert [one[2] for one in found[1:]] == [text, b"b"]
    assert call.asked[0] == (taking.REQUEST, 0)


@pytest.mark.parametrize(
    ("packets", "words"),
    [
        ((stat("a", size=2), END, data(0, b"1"), data(0)), "a has changed"),
        ((stat("a", size=taking.SMALL + 1), END, data(0, b"1"), data(0)), "a has changed"),
        ((stat("a", size=taking.SMALL + 1), END, data(0, b"1" * (taking.SMALL + 2))), "more of a file"),
        ((stat("a", size=1), END, data(0, b"1" * (taking.SMALL + 2))), "more of a file"),
        ((stat("a", size=1), END, data(7, b"1")), "nobody asked for"),
        ((stat("a", size=1), END), "end too soon"),
        (({"type": taking.ERROR, "data": b"no"},), "cannot send its files: no"),
    ],
)
def test_a_client_that_breaks_its_word_ends_the_build(packets, words):
    with pytest.raises(UserError, match=words):
        took(*packets)

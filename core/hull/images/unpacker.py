"""The confined child: `python -m hull.images.unpacker` carries out what hull.images.orders sends to standard input.

    unpack DIRECTORY FLAVOUR           a layer, compressed or not, is the input
    link DIRECTORY LOWER…              JSON [[name, target], …] is the input, lowest layer first; see links.make
    empty DIRECTORY…                   remove everything below
    compare DIRECTORIES DIRECTORIES    two images' layers, joined by colons, lowest first: what differs
    digest DIRECTORY…                  digests of layers' files, "" for a directory that is not there

Each is answered by a line of JSON on standard output: what the action tells (`diff_id`, `size`, `notes`, `links`,
`split`; `given`; `changes`; `digests`), or `error`, `hint`, `kind`, and then the child ends. Nothing else is written
there. Given as arguments, without orders and answers:

    pack DIRECTORY                     write a layer's tar to standard output
    join DIRECTORY                     the same, the very tar that was unpacked, from its tar-split on standard input

Runs as root of a user namespace.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hull.errors import HostError, HullError
from hull.images import answers, orders
from hull.images.orders import CHUNK, Read


def unpack(read: Read, directory: str, flavour: str) -> dict[str, object]:
    """Unpack a layer into the empty `directory`. Nobody waits for the disk: see hull.images.settling."""
    import hashlib

    from hull.images import ahead, compression
    from hull.images.tarsplit import Tape
    from hull.images.tarstream import TarStream
    from hull.images.unpack import Unpacker

    digest, tape = hashlib.sha256(), Tape()

    def chunks() -> Iterator[bytes]:
        for chunk in compression.stream(read):
            digest.update(chunk)
            yield chunk

    with _opened(directory) as (fd,), ahead.running(chunks()) as plain:
        result = Unpacker(fd, flavour).run(TarStream(plain, tape))
    links = [[os.fsdecode(name), os.fsdecode(target)] for name, target in result.links]
    answer = {"diff_id": f"sha256:{digest.hexdigest()}", "size": result.size, "notes": result.notes, "links": links}
    return {**answer, "split": tape.text()}


def link(read: Read, directory: str, *lowers: str) -> dict[str, object]:
    """Make the hard links that point into lower layers."""
    import json

    from hull.images import links

    text = b"".join(iter(lambda: read(CHUNK), b""))
    wanted = [(os.fsencode(name), os.fsencode(target)) for name, target in json.loads(text)]
    with _opened(directory, *lowers) as (fd, *below):
        return {"given": links.make(fd, below, wanted)}


@contextmanager
def _opened(*directories: str) -> Iterator[list[int]]:
    fds: list[int] = []
    try:
        fds.extend(os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) for directory in directories)
        yield fds
    finally:
        for fd in fds:
            os.close(fd)


def empty(*directories: str) -> dict[str, object]:
    """Remove everything below the directories; one that is missing is no error."""
    from hull.images import tree

    for directory in directories:
        try:
            fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        for name in os.listdir(fd):
            tree.remove(fd, os.fsencode(name))
        os.close(fd)
    return {}


def pack(directory: str) -> None:
    """Write an unpacked layer to standard output as a tar; this one has no answer but its exit code."""
    from hull.images.packing import Packer

    packer = Packer(sys.stdout.buffer)
    packer.layer(os.open(directory, os.O_RDONLY | os.O_DIRECTORY))
    packer.close()
    sys.stdout.flush()


def join(directory: str) -> None:
    """Write the tar that a layer was unpacked from to standard output; this one, too, has no answer."""
    from hull.images import compression, tarsplit

    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    tarsplit.join(fd, compression.stream(lambda size: os.read(0, size)), sys.stdout.buffer.write)
    sys.stdout.flush()


def compare(first: str, second: str) -> dict[str, object]:
    """Tell what is added, changed and deleted in the second image's files."""
    from hull.images import whole

    return {"changes": whole.compare(first.split(":"), second.split(":"))}


def digest(*directories: str) -> dict[str, object]:
    """Tell the digests of what is below the directories."""
    from hull.images import treedigest

    return {"digests": [treedigest.of(directory) for directory in directories]}


_READERS: dict[str, Callable[..., dict[str, object]]] = {"unpack": unpack, "link": link}
_ACTIONS: dict[str, Callable[..., dict[str, object]]] = {"empty": empty, "compare": compare, "digest": digest}
_WRITERS: dict[str, Callable[[str], None]] = {"pack": pack, "join": join}


def main(argv: list[str]) -> int:
    """Write what the arguments say, or carry out orders until there is none; return the exit code."""
    os.umask(0)
    if len(argv) > 1:
        _WRITERS[argv[1]](argv[2])
        return 0
    try:
        for words, read in orders.received(0):
            if "error" in (answer := _carried_out(words, read)):
                _answer(answer)
                return 1
            _answer(answer)
    except EOFError:
        return 1  # whoever asked is gone
    return 0


def _carried_out(words: list[str], read: Read) -> dict[str, object]:
    action, *rest = words
    try:
        return _READERS[action](read, *rest) if action in _READERS else _ACTIONS[action](*rest)
    except HullError as error:
        return answers.failed(error)
    except OSError as error:
        message = f"cannot {action} {error.filename or rest[0]}: {error.strerror}"
        return answers.failed(HostError(message, "hull doctor tells what this host lacks"))


def _answer(answer: dict[str, object]) -> None:
    import json

    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv))

"""The confined child: `python -m hull.images.unpacker unpack DIRECTORY FLAVOUR < blob` and its relatives.

    unpack DIRECTORY FLAVOUR           a layer, compressed or not, on standard input
    link DIRECTORY LOWER…              JSON [[name, target], …] on standard input, lowest layer first; see links.make
    empty DIRECTORY…                   remove everything below
    compare DIRECTORIES DIRECTORIES    two images' layers, joined by colons, lowest first: what differs
    digest DIRECTORY…                  digests of layers' files, "" for a directory that is not there
    pack DIRECTORY                     write a layer's tar to standard output, in place of an answer
    join DIRECTORY                     the same, the very tar that was unpacked, from its tar-split on standard input

One JSON object on standard output: what the action tells (`diff_id`, `size`, `notes`, `links`, `split`; `changes`;
`digests`), or `error`, `hint`, `kind`. Nothing else is written there. Runs as root of a user namespace.
"""

import os
import sys
from collections.abc import Callable, Iterator

from hull import errors
from hull.errors import HullError


def unpack(directory: str, flavour: str) -> dict[str, object]:
    """Unpack standard input into the empty `directory`. Nobody waits for the disk: see hull.images.settling."""
    import hashlib

    from hull.images import compression
    from hull.images.tarsplit import Tape
    from hull.images.tarstream import TarStream
    from hull.images.unpack import Unpacker

    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        for chunk in compression.stream(lambda size: os.read(0, size)):
            digest.update(chunk)
            yield chunk

    tape = Tape()
    result = Unpacker(fd, flavour).run(TarStream(chunks(), tape))
    links = [[os.fsdecode(name), os.fsdecode(target)] for name, target in result.links]
    answer = {"diff_id": f"sha256:{digest.hexdigest()}", "size": result.size, "notes": result.notes, "links": links}
    return {**answer, "split": tape.text()}


def link(directory: str, *lowers: str) -> dict[str, object]:
    """Make the hard links that point into lower layers."""
    import json

    from hull.images import links

    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    wanted = [(os.fsencode(name), os.fsencode(target)) for name, target in json.load(sys.stdin)]
    links.make(fd, [os.open(lower, os.O_RDONLY | os.O_DIRECTORY) for lower in lowers], wanted)
    return {}


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
    packer.directory(os.open(directory, os.O_RDONLY | os.O_DIRECTORY))
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


_ACTIONS: dict[str, Callable[..., dict[str, object]]] = {
    "unpack": unpack,
    "link": link,
    "empty": empty,
    "compare": compare,
    "digest": digest,
}

_WRITERS: dict[str, Callable[[str], None]] = {"pack": pack, "join": join}


def main(argv: list[str]) -> int:
    """Do one of these; return the exit code."""
    import json

    os.umask(0)
    if argv[1] in _WRITERS:
        _WRITERS[argv[1]](argv[2])
        return 0
    try:
        result = _ACTIONS[argv[1]](*argv[2:])
    except HullError as error:
        result = {"error": error.message, "hint": error.hint, "kind": type(error).__name__}
    except OSError as error:
        message = f"cannot {argv[1]} {error.filename or argv[2]}: {error.strerror}"
        result = {"error": message, "hint": "hull doctor tells what this host lacks", "kind": errors.HostError.__name__}
    json.dump(result, sys.stdout)
    sys.stdout.flush()
    return 1 if "error" in result else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

"""The confined child that looks at layers and what lies below them: `python -m hull.trials.child ACTION`.

    walk       tells every change of the view, JSON arrays of `records`, many a line, on standard output
    contents   reads `[[LAYER, …], PATH, MOST]` a line of standard input; "" is the base. Of each, the file in the first
               layer that has one: its size in 8 bytes, -1 where none has, then at most MOST bytes of it
    digests    the same input; writes 32 bytes of SHA-256 for each, zeros where there is no file

The first line of standard input is a `walking.View` as JSON: thousands of paths are more than an argument may hold.
It ends with one JSON object, the last line of standard error: nothing in it, or `error`, `hint` and `kind`. Runs as
root of a user namespace with the map of the container.
"""

import os
import sys
from collections.abc import Iterator

from hull.model import from_json
from hull.trials import records, walking
from hull.trials.walking import View
from hull.trials.walking_reading import Reader

BATCH = 256  # changes a line


def walk(view: View) -> None:
    """Tell what differs."""
    import json

    batch = []
    for told in walking.told(view, base(view)):
        batch.append(records.encode(told))
        if len(batch) == BATCH:
            sys.stdout.write(json.dumps(batch) + "\n")
            batch = []
    sys.stdout.write(json.dumps(batch) + "\n")


def contents(view: View) -> None:
    """Write what is in files."""
    with Reader(base(view)) as reader:
        for layers, path, most in _asked():
            size, data = reader.read(layers, path, most)
            sys.stdout.buffer.write(size.to_bytes(8, "little", signed=True) + data)
            sys.stdout.buffer.flush()


def digests(view: View) -> None:
    """Write what files' contents are told by."""
    with Reader(base(view)) as reader:
        for layers, path, most in _asked():
            sys.stdout.buffer.write(reader.digest(layers, path, most) or bytes(32))
            sys.stdout.buffer.flush()


def _asked() -> Iterator[tuple[list[str], str, int]]:
    import json

    for line in sys.stdin.buffer:
        layers, path, most = json.loads(line)
        yield layers, path, most


def base(view: View) -> int:
    """Return a descriptor of what lies below the layers."""
    if view.on_host:
        return os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    from hull.images.files import own_mounts
    from hull.kernel import stacking

    own_mounts()
    return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=stacking.overlay(list(view.base)))


_ACTIONS = {"walk": walk, "contents": contents, "digests": digests}


def main(argv: list[str]) -> int:
    """Do one of them; return the exit code."""
    import json

    from hull.images import answers
    from hull.images.files import make_room

    def act() -> answers.Answer:
        _ACTIONS[argv[1]](View(**from_json(json.loads(sys.stdin.buffer.readline()))))
        return {}

    make_room()
    return answers.tell(act)


if __name__ == "__main__":
    sys.exit(main(sys.argv))

"""What was run in a container since its image, noted beside it as it happens: one JSON object a line."""

import os

from hull.engine import Engine
from hull.light import NamedTuple
from hull.state.containers import Container

FILE = "recipe"


class Ran(NamedTuple):
    """One program that `exec` ran: `env` what was set for it, `workdir` and `user` where they were said."""

    words: tuple[str, ...]
    env: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""


def note(engine: Engine, row: Container, ran: Ran) -> None:
    """Note a program; nothing that this meets stops it."""
    import json
    from contextlib import suppress

    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        fd = os.open(f"{engine.paths.container(row.id)}/{FILE}", flags, 0o600)
        try:
            os.write(fd, f"{json.dumps(ran)}\n".encode())
        finally:
            os.close(fd)


def read(engine: Engine, row: Container) -> list[Ran]:
    """Return what was run, the first first; a line that was cut off by a full disk is left out."""
    import json

    found = []
    try:
        with open(f"{engine.paths.container(row.id)}/{FILE}", encoding="utf-8") as file:
            for line in file:
                try:
                    words, env, workdir, user = json.loads(line)
                except ValueError:
                    continue
                found.append(Ran(tuple(words), tuple(env), workdir, user))
    except FileNotFoundError:
        return []
    return found

"""Containers whose output is copied: it appears as it is written, an interrupt ends the whole tree."""

import os
from subprocess import DEVNULL

from hull.commands._trees import end, tied
from hull.ipython.streams import Streams
from hull.light import Any

PATIENCE = 2.0  # seconds that what is asked to end has


def run(engine: Any, launch: Any, text: Any = None) -> int:
    """Carry out a run or an exec to its end, `text` its standard input: bytes or a file; return its exit code."""
    if text is None:
        return follow(engine.spawn(launch, **tied(stdin=DEVNULL)))
    with given(text) as source:
        return follow(engine.spawn(launch, **tied(stdin=source)))


def given(text: Any) -> Any:
    """Return a file in memory that holds the text, at its beginning; a file or a socket as it is."""
    if hasattr(text, "fileno"):
        return text
    file = os.fdopen(os.memfd_create("hull-cell"), "w+b")
    file.write(text)
    file.seek(0)
    return file


def follow(process: Any) -> int:
    """Copy a process's two pipes to sys.stdout and sys.stderr until it ends; return its exit code.

    A KeyboardInterrupt is passed on, then sharper signals follow, and it is raised again when everything has ended.
    """
    streams = Streams(process.stdout, process.stderr)
    streams.begin()
    try:
        streams.follow()
        return int(process.wait())
    except BaseException:
        end(process)
        raise
    finally:
        streams.close()

"""What a verb at another host writes, put where it was asked: a file that is whole or not there, a new --cidfile."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, suppress

from hull.commands import export as export_
from hull.commands._flags import write_cid
from hull.light import IO
from hull.remote.taking import Taken

CHUNK = 1 << 16


class _Unfinished(Exception):  # noqa: N818 (what it says)
    """What came is not all: ssh, or the verb there, failed, and its exit code says so."""


def collect(started: "subprocess.Popen[bytes]", pipe: IO[bytes], taken: Taken) -> None:
    """Put what comes by the pipe where it was asked."""
    if taken.output:
        with closing(_whole(started, pipe)) as chunks, suppress(_Unfinished):
            export_.save(chunks, taken.output)
        return
    text = pipe.read().decode(errors="replace")
    if text.strip():
        write_cid(taken.cidfile, text.strip())
        sys.stdout.write(text)


def _whole(started: "subprocess.Popen[bytes]", pipe: IO[bytes]) -> Generator[bytes]:
    """Yield what comes; an end that is no success is raised, so that nobody takes a part for the whole."""
    try:
        yield from iter(lambda: pipe.read(CHUNK), b"")
    finally:
        pipe.close()  # where nobody takes it (a full disk), the verb there ends
    if started.wait():
        raise _Unfinished

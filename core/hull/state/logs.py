"""What a container wrote, read back from its log: Docker's json-file, rotated as log.json, log.json.1 and so on.

One writer appends, renames and begins anew; a reader holds the files it has not read to the end, so that a rotation
loses and repeats nothing as long as no file is dropped before its turn.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator

from hull.output import Piece
from hull.state.logfile import LogFile, generations, inode
from hull.state.records import Decoder, Wanted
from hull.state.watch import Watch

NAME = "log.json"
LOOK = 1.0  # seconds between two looks at a container that says nothing: its monitor may have been killed
SECOND = 1_000_000_000


class Log:
    """The log of the container in `directory`; `warn` is told of what was dropped before it was read."""

    def __init__(self, directory: str, wanted: Wanted, warn: Callable[[str], None]) -> None:
        self._directory = directory
        self._wanted = wanted
        self._warn = warn
        self._decoder = Decoder(wanted)
        self._warned = False
        self._files: list[LogFile] = []  # not yet read to the end, oldest first

    @staticmethod
    def kept(directory: str) -> bool:
        """Whether anything was ever logged there."""
        return any(os.path.exists(f"{directory}/{name}") for name in (NAME, f"{NAME}.1"))

    def read(self) -> Iterator[Piece]:
        """Return what is there now."""
        try:
            self.begin()
            yield from self._drain(keep=0)
        finally:
            self.close()

    def follow(self, alive: Callable[[], bool], output: int = -1) -> Iterator[Piece]:
        """Return what is there, then what comes, until `alive` says no and everything is read, or `until` is past.

        `output` is the pipe that takes it, see Watch.
        """
        with contextlib.closing(Watch(output)) as watch:
            watch.add(self._directory)
            self.begin()
            try:
                while not self.over:
                    last = not alive() or self.left() <= 0
                    yield from self.come()
                    if last:
                        return
                    watch.wait(self.left())
            finally:
                self.close()

    def begin(self) -> None:
        """Open what is there, for `come`; for who waits for changes of the directory in a way of his own."""
        self._files = generations(f"{self._directory}/{NAME}")
        self._seek()

    def come(self) -> Iterator[Piece]:
        """Return what has come since the last call."""
        yield from self._drain(keep=1)
        while self._renew():
            yield from self._drain(keep=1)

    @property
    def over(self) -> bool:
        """Whether `until` is past."""
        return self._decoder.over

    def left(self, most: float = LOOK) -> float:
        """Return how many seconds to wait for more, at most so many."""
        until = self._wanted.until
        return most if until is None else max(0.0, min(most, until / SECOND - time.time()))

    def _drain(self, keep: int) -> Iterator[Piece]:
        """Decode to the end; the newest `keep` files stay open."""
        while self._files and not self._decoder.over:
            yield from self._decoder.decode(self._files[0].file)
            if len(self._files) <= keep:
                return
            self._files.pop(0).close()

    def _renew(self) -> bool:
        """After a rotation take up the files that came after ours, which is complete then; tell whether there are."""
        path, newest = f"{self._directory}/{NAME}", self._files[-1].inode if self._files else 0
        if newest and inode(path) in (newest, 0):
            return False
        found = generations(path, newest)
        inodes = [file.inode for file in found]
        self._check(lost=bool(newest) and newest not in inodes and len(found) > 1)
        known = inodes.index(newest) + 1 if newest in inodes else 0
        for file in found[:known]:
            file.close()
        self._files += found[known:]
        return known < len(found)

    def _seek(self) -> None:
        """Go to where the last `tail` lines begin; files before that are closed unread."""
        wanted, seen = self._wanted.tail, -1
        if wanted < 0:
            return
        for place in range(len(self._files) - 1, -1, -1):
            found, seen = self._files[place].back(wanted, seen)
            if found:
                for file in self._files[:place]:
                    file.close()
                del self._files[:place]
                return

    def _check(self, *, lost: bool) -> None:
        if lost and not self._warned:
            self._warned = True
            self._warn("the log was rotated faster than it was read: lines may be missing; keep more files (max-file)")

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.close()
        self._files = []

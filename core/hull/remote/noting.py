"""A verb at another host as a notebook runs it: pieces of what it writes, no input, no terminal."""

import os
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

from hull.errors import HullError
from hull.output import Piece

CHUNK = 1 << 16


class Ended(HullError):  # noqa: N818 (what it says)
    """A verb there ended with a code other than 0, and has said why."""

    def __init__(self, verb: str, code: int) -> None:
        super().__init__(f"hull {verb} ended with exit code {code}")
        self.exit_code = code


def pieces(verb: str, passed: Callable[[int, int], int], over: Callable[[], None]) -> Iterator[Piece]:
    """Yield what `passed`, given two pipes, writes to them; raise what it raises. `over` is called once it returned."""
    queue: SimpleQueue[Piece | BaseException | None] = SimpleQueue()

    def read(pipe: int, stream: int) -> None:
        with open(pipe, "rb", 0) as file:
            while data := file.read(CHUNK):
                queue.put(Piece(stream, data))

    def run() -> None:
        ends = [os.pipe() for _ in (1, 2)]
        readers = [threading.Thread(target=read, args=(end[0], at)) for at, end in enumerate(ends, 1)]
        for reader in readers:
            reader.start()
        try:
            code = passed(*(end[1] for end in ends))
            fault: BaseException | None = Ended(verb, code) if code else None
        except BaseException as error:  # noqa: BLE001 (raised where somebody sees it)
            fault = error
        over()
        for _, end in ends:
            os.close(end)
        for reader in readers:
            reader.join()
        queue.put(fault)

    threading.Thread(target=run, daemon=True).start()
    while isinstance(item := queue.get(), Piece):
        yield item
    if item is not None:
        raise item

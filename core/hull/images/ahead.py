"""Let an iterator run ahead of who reads it, in a thread: for work that holds no interpreter lock, in large pieces."""

from collections.abc import Iterator
from contextlib import contextmanager

from hull.light import Any

DEPTH = 4  # pieces that wait at most


@contextmanager
def running(items: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """Yield what reads `items`, which a thread takes up to `DEPTH` ahead; its error comes where it would have come.

    When the block ends early, the thread ends after the item it is at, and is not waited for: that may never come.
    """
    import threading
    from queue import SimpleQueue

    ready: SimpleQueue[Any] = SimpleQueue()
    room: SimpleQueue[bool] = SimpleQueue()
    for _ in range(DEPTH):
        room.put(True)
    left = threading.Event()

    def work() -> None:
        try:
            for item in items:
                room.get()
                if left.is_set():
                    return
                ready.put(item)
            ready.put(None)
        except BaseException as error:  # noqa: BLE001 (raised again in the reader's thread)
            ready.put(error)

    def read() -> Iterator[bytes]:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            room.put(True)
            yield item

    threading.Thread(target=work, daemon=True).start()
    try:
        yield read()
    finally:
        left.set()
        room.put(True)

"""One thread that follows what one container writes, and ends at once when nobody looks any more."""

import os
import threading
import time
from collections.abc import Callable

from hull.commands.logs import recent
from hull.engine import Engine
from hull.errors import HullError
from hull.ui.scroll import Scroll

TAIL = 1000  # lines that are there at the first look
SECOND = 1.0
FLOOD = 1 << 20  # bytes a second that are still shown; of more the newest lines, once in a while
REST = 0.5


class Follower(threading.Thread):
    """Feeds `scroll` with the log of the container `ident`.

    `changed` is called when there is something to draw, `failed` with the reason where there is no log; both from this
    thread.
    """

    def __init__(
        self, engine: Engine, ident: str, scroll: Scroll, changed: Callable[[], None], failed: Callable[[str], None]
    ) -> None:
        super().__init__(name=f"logs-{ident[:12]}", daemon=True)
        self._engine, self._container, self._scroll = engine, ident, scroll
        self._changed, self._failed = changed, failed
        self._reader, self._writer = os.pipe()
        self._over = threading.Event()

    def stop(self) -> None:
        """End it: the pipe that it seems to write to has no reader any more."""
        if not self._over.is_set():
            self._over.set()
            os.close(self._reader)

    def run(self) -> None:
        """Follow until the container or the interest ends."""
        try:
            while self._some() and not self._over.wait(REST):
                self._scroll.clear("too fast to show all")
        except BrokenPipeError:
            pass
        except HullError as error:
            self._failed(f"{error.message}\n{error.hint}" if error.hint else error.message)
        except Exception as fault:  # noqa: BLE001 (a thread's edge)
            self._failed(f"{type(fault).__name__}: {fault}")
        finally:
            os.close(self._writer)
            self._engine.close()

    def _some(self) -> bool:
        """Follow until the end; True where it came too fast."""
        began, taken = time.monotonic(), 0
        pieces = recent(self._engine, self._container, TAIL, self._writer)
        try:
            for piece in pieces:
                if self._over.is_set():
                    return False
                self._scroll.feed(piece.stream, piece.data)
                self._changed()
                now = time.monotonic()
                began, taken = (now, 0) if now - began > SECOND else (began, taken + len(piece.data))
                if taken > FLOOD:
                    return True
        finally:
            getattr(pieces, "close", int)()
        return False

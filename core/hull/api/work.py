"""What the requests of one server share: the engine, the threads, what runs, when it was last busy."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from hull.engine import Engine

THREADS = 64  # verbs that block at the same time; what waits for hours waits in the event loop


class Work:
    """Made once a server, in its event loop; handlers reach it as `call.work`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hull-api")
        self.active = 0
        self.changed = asyncio.Event()
        self.ending = asyncio.Event()

    def enter(self) -> None:
        """Count a request that begins."""
        self.active += 1
        self.changed.set()

    def leave(self) -> None:
        """Count one that is over."""
        self.active -= 1
        self.changed.set()

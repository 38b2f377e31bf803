"""Run a few tasks at once; the first failure stops the rest."""

import threading
from collections import deque
from collections.abc import Callable

PATIENCE = 5.0  # seconds that a stopped task gets to clean up


def run(tasks: list[Callable[[], None]], workers: int, stop: threading.Event) -> None:
    """Run the tasks in order, `workers` at once; raise the first failure. `stop` is set when the rest should end.

    The threads are daemons: an interrupt does not wait for a server that went silent.
    """
    pending, failures = deque(tasks), list[BaseException]()
    count = min(workers, len(tasks))
    threads = [threading.Thread(target=_work, args=(pending, failures, stop), daemon=True) for _ in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        stop.set()
        for thread in threads:
            if thread.ident:
                thread.join(PATIENCE)
        raise
    if failures:
        raise failures[0]


def _work(pending: deque[Callable[[], None]], failures: list[BaseException], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            task = pending.popleft()
        except IndexError:
            return
        try:
            task()
        except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
            failures.append(error)
            stop.set()

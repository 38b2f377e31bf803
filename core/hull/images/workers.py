"""Run a few tasks at once; the first failure stops the rest."""

import threading
from collections.abc import Callable

PATIENCE = 5.0  # seconds that a stopped task gets to clean up


def run(tasks: list[Callable[[], None]], workers: int, stop: threading.Event) -> None:
    """Run the tasks in order, `workers` at once; raise the first failure. `stop` is set when the rest should end.

    The threads are daemons: an interrupt does not wait for a server that went silent.
    """
    pending, failures, guard = list(reversed(tasks)), list[BaseException](), threading.Lock()

    def work() -> None:
        while not stop.is_set():
            with guard:
                if not pending:
                    return
                task = pending.pop()
            try:
                task()
            except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
                with guard:
                    failures.append(error)
                stop.set()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(workers, len(tasks)))]
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

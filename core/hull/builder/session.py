"""A build from its start to its end: the thread that builds, and the one that tells."""

import sys
import threading
from collections.abc import Generator

from hull.builder import displays, history
from hull.builder.asked import Asked
from hull.builder.building import Build, Built
from hull.builder.console import Console
from hull.builder.granted import Granted
from hull.builder.recording import Recording
from hull.builder.workshop import Workshop
from hull.engine import Engine
from hull.output import Piece


def run(
    engine: Engine,
    asked: Asked,
    display: "displays.Display | None" = None,
    granted: Granted | None = None,
    about: history.About | None = None,
) -> Generator[Piece, None, Built]:
    """Yield what the build tells; return what was made. Closed early, it ends the build and waits for that.

    `display`, `granted` and `about` stand in place of what the words ask for.
    """
    shown = display or displays.of(asked.display, terminal=sys.stderr.isatty())
    known = history.About("") if asked.check else about or history.of(asked)
    recording = Recording(engine, known, shown, output=about is not None)
    console = Console(recording)
    granted = granted or Granted(asked.secrets, asked.ssh)
    shop = Workshop(engine, cache=asked.cache, shared=asked.cache_from, granted=granted, only=asked.only)
    results: list[Built] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(Build(engine, shop, asked, console).run())
        except BaseException as error:  # noqa: BLE001 (raised by the thread that waits)
            failures.append(error)
        finally:
            console.end()

    try:
        _ = engine.networks, engine.images, engine.db  # made once, before several threads could
        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield from console.pieces()
        finally:
            console.leave()
            if not results and not failures:
                shop.stop()
            thread.join()
    finally:
        shop.close()
        recording.end(results[0] if results else None, failures[0] if failures else None)
    if failures:
        raise failures[0]
    return results[0]

"""What is known of one thing, read again and again while somebody looks at it; each look has a thread of its own.

A thread that is stuck, because a container is, stays behind alone.
"""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from hull.commands.history import history
from hull.commands.inspect import inspect
from hull.commands.network import network
from hull.commands.top import top
from hull.commands.volume import volume
from hull.engine import Engine
from hull.errors import HullError
from hull.present import table

AGAIN = 2.0  # seconds


class Target(NamedTuple):
    """What is looked at: a row of a list, and which of its details. `up` is whether a container runs."""

    pane: str
    ident: str
    name: str
    tab: str
    up: bool = False


def look(engine: Engine, target: Target) -> Any:
    """Return a document for inspect, lines for the others."""
    if target.tab == "processes":
        found: Any = top(engine, target.ident)
        return table(found)
    if target.tab == "layers":
        return table(list(history(engine, target.name)))
    if target.pane in ("networks", "volumes"):
        verb: Any = network if target.pane == "networks" else volume
        return verb(engine, "inspect", (target.name,))[0]
    kind = "container" if target.pane == "containers" else "image"
    name = target.ident if target.pane == "containers" else target.name
    return inspect(engine, (name,), type=kind)[0]


class Looker(threading.Thread):
    """Looks at `target` until it is stopped; `found` and `failed` are called from this thread."""

    def __init__(
        self, engine: Engine, target: Target, found: Callable[[Any], None], failed: Callable[[str], None]
    ) -> None:
        super().__init__(name=f"look-{target.name[:12]}", daemon=True)
        self._engine, self._aim, self._found, self._failed = engine, target, found, failed
        self._over = threading.Event()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()

    def run(self) -> None:
        """Look, wait, look."""
        try:
            while not self._over.is_set():
                try:
                    self._tell(self._found, look(self._engine, self._aim))
                except HullError as error:
                    self._tell(self._failed, f"{error.message}\n{error.hint}" if error.hint else error.message)
                self._over.wait(AGAIN)
        except Exception as fault:  # noqa: BLE001 (a thread's edge)
            self._tell(self._failed, f"{type(fault).__name__}: {fault}")
        finally:
            self._engine.close()

    def _tell(self, how: Callable[[Any], None], what: Any) -> None:
        if not self._over.is_set():
            how(what)

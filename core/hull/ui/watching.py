"""Who looks at what is chosen: begun when a choice has settled, ended when it changes."""

import asyncio
from collections.abc import Callable
from typing import Any

from hull.ui.feed import resident_engine
from hull.ui.follow import Follower
from hull.ui.looking import Looker, Target
from hull.ui.panes import UP
from hull.ui.scroll import Scroll
from hull.ui.state import State
from hull.ui.tree import Tree

SETTLED = 0.08  # seconds: running through a list begins nothing


class Watching:
    """Keeps the details those of the chosen row. Called in the screen's thread, `post` and `draw` from any."""

    def __init__(self, state: State, post: Callable[[Callable[[], None]], None], draw: Callable[[], None]) -> None:
        self._state, self._post, self._draw = state, post, draw
        self._target: Target | None = None
        self._worker: Follower | Looker | None = None
        self._timer: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """See to it that what is chosen now is looked at."""
        target = self._wanted()
        if target == self._target:
            return
        before, self._target = self._target, target
        if before and target._replace(up=False) == before._replace(up=False) and self._goes_on(target):
            return
        self._forget(keep=before is not None and before[:2] == target[:2] and before.tab == target.tab)
        if target.ident:
            self._timer = asyncio.get_running_loop().call_later(SETTLED, self._begin, target)

    def _wanted(self) -> Target:
        pane, ident, name = self._state.chosen()
        row = self._state.here.chosen()
        if pane == "events":
            self._show_event(row)
            return Target(pane, "", "", "inspect")
        up = pane == "containers" and row is not None and row.state in UP
        return Target(pane, ident, name, self._state.tab, up)

    def _goes_on(self, target: Target) -> bool:
        """Whether whoever looks goes on though the container has ended or begun; a log that ended is followed anew."""
        return target.tab != "logs" or not target.up or (self._worker is not None and self._worker.is_alive())

    def _show_event(self, row: Any) -> None:
        if row is not self._state.tree.document:
            self._state.tree.put(row)

    def _forget(self, *, keep: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        self._state.trouble = ""
        if not keep:
            old, self._state.log = self._state.log, Scroll()
            self._state.log.wrap, self._state.log.needle = old.wrap, old.needle
            raw, self._state.tree = self._state.tree.raw, Tree()
            self._state.tree.raw = raw
            self._state.table, self._state.table_top = [], 0

    def _begin(self, target: Target) -> None:
        if target.tab == "stats":
            return
        if target.tab == "logs":
            self._state.log.clear()
            self._worker = Follower(
                resident_engine(), target.ident, self._state.log, self._draw, self._for(target, self._failed)
            )
        else:
            self._worker = Looker(
                resident_engine(), target, self._for(target, self._found), self._for(target, self._failed)
            )
        self._worker.start()

    def _for(self, target: Target, act: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return what acts in the screen's thread, if the same is still looked at then."""

        def run(what: Any) -> None:
            if self._target is not None and self._target[:4] == target[:4]:
                act(what)

        return lambda what: self._post(lambda: run(what))

    def _found(self, what: Any) -> None:
        self._state.trouble = ""
        if isinstance(what, dict):
            self._state.tree.put(what)
        else:
            self._state.table = what

    def _failed(self, why: str) -> None:
        self._state.trouble = why

"""`hull ui` on the terminal: rows, logs and requests come and go by threads, a shell gets the terminal for a while."""

import asyncio
import signal
import sys
from typing import Any

from prompt_toolkit.application.run_in_terminal import in_terminal

from hull.errors import HullError
from hull.ui import glyphs, requests
from hull.ui.control import Control
from hull.ui.feed import Feed, resident_engine
from hull.ui.holding import hold
from hull.ui.press import press
from hull.ui.state import Request, State
from hull.ui.terminal import Terminal, held
from hull.ui.watching import Watching

SHELL = "command -v bash >/dev/null && exec bash; exec sh"
PATIENCE = 2.0  # seconds that a shell has to end when the view has to
MISSING = (126, 127)


def show(view: Any) -> int:
    """Open the view that a verb returned on this terminal; return when it is closed."""
    held(lambda: Screen(view).run())
    return 0


class Screen(Terminal):
    """The live view."""

    def __init__(self, view: Any) -> None:
        self.state = State(glyphs.of_terminal(glyphs.given()))
        self.state.begin(view.pane, view.container, view.tab, mouse=view.mouse)
        self._canvas = Control(self.state, self._asked)
        super().__init__(self.state, self._canvas)
        self._feed = Feed(self.state, self._post)
        self._watching = Watching(self.state, self._post, self._draw)
        self._pane = self.state.pane
        self._child: Any = None

    def _begin(self) -> None:
        super()._begin()
        self._feed.start()

    def _look(self) -> None:
        """Look at what is chosen now; a list that comes up is read anew."""
        if self._pane != self.state.pane:
            self._pane = self.state.pane
            self._feed.refresh()
        self._watching.look()

    def _press(self, key: str) -> Request | None:
        return press(self.state, key, self._canvas.page)

    def _do(self, request: Request) -> None:
        if request.verb == "exec":
            self._background(self._exec(request))
            return
        title = requests.title(request)
        if title in self.state.busy.values():
            return
        key = f"{request.verb}{request.ident}"
        self.state.busy[key] = f"{title} {self.state.glyphs.more}"

        def done(why: str) -> None:
            self.state.busy.pop(key, None)
            self.state.say(why or f"{title}: done", "class:error" if why else "class:note")
            self._feed.refresh(request.verb.partition(" ")[0])

        requests.begin(resident_engine(), request, lambda why: self._post(lambda: done(why)))

    async def _exec(self, request: Request) -> None:
        """Give the terminal to a shell in the container, and take it back."""
        from hull.commands.exec import exec_

        engine = resident_engine()
        try:
            launch = exec_(engine, request.ident, ("sh", "-c", SHELL), interactive=True, tty=True)
            async with in_terminal():
                sys.stdout.write(f"hull exec -it {self.state.chosen()[2]} (exit comes back to hull ui)\n")
                sys.stdout.flush()
                self._child = engine.spawn(launch)  # type: ignore[arg-type]
                code = await asyncio.to_thread(hold, self._child)
            if code in MISSING:
                self.state.say(f"cannot exec in {request.name}: there is no shell in it", "class:error")
        except HullError as error:
            self.state.say(f"{error.message} ({error.hint})" if error.hint else error.message, "class:error")
        finally:
            self._child = None
            engine.close()

    def _suspend(self) -> None:
        if self._child is None:
            super()._suspend()

    def _end(self, number: int) -> None:
        if self._child is not None:
            self._child.send_signal(signal.SIGHUP)  # a shell ignores SIGTERM
            self._loop.call_later(PATIENCE, self._child.kill)
        super()._end(number)

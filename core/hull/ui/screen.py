"""The terminal: keys in, lines out, given away for a shell and taken back. Everything else is elsewhere.

prompt_toolkit reads and draws; what it changed of the terminal it puts back however the view ends: q, Ctrl-C, an
exception, SIGTERM, SIGHUP. A signal's end is a signal's, so that the shell sees it.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.application.run_in_terminal import in_terminal
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from hull.errors import HullError
from hull.ui import glyphs, keys, requests
from hull.ui.control import Canvas
from hull.ui.feed import Feed, resident_engine
from hull.ui.holding import hold
from hull.ui.press import press
from hull.ui.state import Request, State
from hull.ui.style import styles
from hull.ui.watching import Watching

SHELL = "command -v bash >/dev/null && exec bash; exec sh"
ENDED = (signal.SIGTERM, signal.SIGHUP)
ESCAPE_WAIT = 0.1  # seconds after which a lone Esc is a key; less would split sequences on slow lines
FRAMES = 0.04  # seconds between two drawings
TICK = 1.0
PATIENCE = 2.0  # seconds that a shell has to end when the view has to
MISSING = (126, 127)
EDITING = ("backspace", "c-h", "c-u", "c-w", "c-g")


def show(view: Any) -> int:
    """Open the view that a verb returned on this terminal; return when it is closed."""
    touching = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # a shell that was killed leaves the terminal its group's
    try:
        number = Screen(view).run()
    finally:
        signal.signal(signal.SIGTTOU, touching)
    if number:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return 0


class Screen:
    """The application: one window, whose lines are painted from the state."""

    def __init__(self, view: Any) -> None:
        self.state = State(glyphs.of_terminal(glyphs.given()))
        self.state.begin(view.pane, view.container, view.tab, mouse=view.mouse)
        self._canvas = Canvas(self.state, self._asked)
        coloured = not os.environ.get("NO_COLOR")
        self.app: Application[int] = Application(
            layout=Layout(Window(self._canvas, always_hide_cursor=True, wrap_lines=False)),
            key_bindings=self._bindings(),
            style=Style.from_dict(styles(coloured=coloured)),
            full_screen=True,
            mouse_support=Condition(lambda: self.state.mouse),
            color_depth=None if coloured else ColorDepth.DEPTH_1_BIT,
            min_redraw_interval=FRAMES,
            before_render=lambda _: self._look(),
        )
        self.app.ttimeoutlen = ESCAPE_WAIT
        self._feed = Feed(self.state, self._post)
        self._watching = Watching(self.state, self._post, self._draw)
        self._pane = self.state.pane
        self._child: Any = None
        self._fault: BaseException | None = None

    def run(self) -> int:
        """Show it; return the number of the signal that ended it, 0 for a key."""
        number = self.app.run(pre_run=self._begin, set_exception_handler=False, handle_sigint=True) or 0
        if self._fault is not None:
            raise self._fault
        return number

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _loop, context: self._fail(context.get("exception")))
        for number in ENDED:
            self._loop.add_signal_handler(number, self._end, int(number))
        if signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN:
            self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._feed.start()
        self._loop.call_later(TICK, self._tick)

    def _look(self) -> None:
        """Look at what is chosen now; a list that comes up is read anew."""
        if self._pane != self.state.pane:
            self._pane = self.state.pane
            self._feed.refresh()
        self._watching.look()

    def _tick(self) -> None:
        """Let ages and messages pass though nothing happens."""
        self.app.invalidate()
        self._loop.call_later(TICK, self._tick)

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        for key in dict.fromkeys((*keys.bound(), *EDITING)):
            bindings.add(key, eager=True)(lambda event, key=key: self._pressed(key, event))
        bindings.add(Keys.Any)(lambda event: self._pressed(event.data, event))
        bindings.add(Keys.BracketedPaste)(lambda event: self._pressed(f"paste:{_line(event.data)}", event))
        bindings.add(Keys.SIGINT)(lambda _: self._end(int(signal.SIGINT)))
        return bindings

    def _pressed(self, key: str, _event: KeyPressEvent) -> None:
        self._asked(press(self.state, key, self._canvas.page))

    def _asked(self, request: Request | None) -> None:
        if request is None:
            return
        if request.verb == "quit":
            self._end(0)
        elif request.verb == "suspend":
            self._suspend()
        elif request.verb == "redraw":
            self.app.renderer.clear()
        elif request.verb == "exec":
            self._background(self._exec(request))
        else:
            self._do(request)

    def _do(self, request: Request) -> None:
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
        if signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN:
            self.state.say("the shell has no job control")
        elif self._child is None:
            self._background(self._stop())

    async def _stop(self) -> None:
        """Stop this process group as Ctrl-Z does; where nobody could continue it the kernel does nothing."""
        async with in_terminal():
            self._loop.remove_signal_handler(signal.SIGTSTP)
            os.kill(0, signal.SIGTSTP)
            self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)

    def _background(self, work: Any) -> None:
        self.app.create_background_task(work)

    def _end(self, number: int) -> None:
        if self._child is not None:
            self._child.send_signal(signal.SIGHUP)  # a shell ignores SIGTERM
            self._loop.call_later(PATIENCE, self._child.kill)
        with contextlib.suppress(Exception):  # it is ending already
            self.app.exit(result=number)

    def _fail(self, fault: BaseException | None) -> None:
        if fault is not None and self._fault is None:
            self._fault = fault
            self._end(0)

    def _post(self, change: Callable[[], None]) -> None:
        def run() -> None:
            change()
            self.app.invalidate()

        with contextlib.suppress(RuntimeError):  # the view is closed
            self._loop.call_soon_threadsafe(run)

    def _draw(self) -> None:
        self.app.invalidate()


def _line(text: str) -> str:
    return "".join(char for char in text if char.isprintable())

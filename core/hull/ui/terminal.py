"""An application on the whole terminal: keys in, lines out, given away and taken back.

prompt_toolkit reads and draws; what it changed of the terminal it puts back however the view ends: q, Ctrl-C, an
exception, SIGTERM, SIGHUP. A signal's end is a signal's, so that the shell sees it.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.application.run_in_terminal import in_terminal
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.layout.controls import UIControl
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from hull.ui import keys
from hull.ui.state import Request, Spoken
from hull.ui.style import styles

ENDED = (signal.SIGTERM, signal.SIGHUP)
ESCAPE_WAIT = 0.1  # seconds after which a lone Esc is a key; less would split sequences on slow lines
FRAMES = 0.04  # seconds between two drawings
TICK = 1.0
EDITING = ("backspace", "c-h", "c-u", "c-w", "c-g")


def held(run: Callable[[], int]) -> None:
    """Run an application on this terminal; the signal whose number it returns then ends this process."""
    touching = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # a shell that was killed leaves the terminal its group's
    try:
        number = run()
    finally:
        signal.signal(signal.SIGTTOU, touching)
    if number:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


class Terminal:
    """The application: one window, whose lines `canvas` paints from the state. A subclass says what keys do."""

    def __init__(self, state: Spoken, canvas: UIControl) -> None:
        self._spoken = state
        coloured = not os.environ.get("NO_COLOR")
        self.app: Application[int] = Application(
            layout=Layout(Window(canvas, always_hide_cursor=True, wrap_lines=False)),
            key_bindings=self._bindings(),
            style=Style.from_dict(styles(coloured=coloured)),
            full_screen=True,
            mouse_support=Condition(lambda: state.mouse),
            color_depth=None if coloured else ColorDepth.DEPTH_1_BIT,
            min_redraw_interval=FRAMES,
            before_render=lambda _: self._look(),
        )
        self.app.ttimeoutlen = ESCAPE_WAIT
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
        self._loop.call_later(TICK, self._tick)

    def _look(self) -> None:
        """Look at what is chosen now, before it is drawn."""

    def _tick(self) -> None:
        """Let ages and messages pass though nothing happens."""
        self.app.invalidate()
        self._loop.call_later(TICK, self._tick)

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        for key in dict.fromkeys((*keys.bound(self._spoken.keys), *EDITING)):
            bindings.add(key, eager=True)(lambda event, key=key: self._pressed(key, event))
        bindings.add(Keys.Any)(lambda event: self._pressed(event.data, event))
        bindings.add(Keys.BracketedPaste)(lambda event: self._pressed(f"paste:{_line(event.data)}", event))
        bindings.add(Keys.SIGINT)(lambda _: self._end(int(signal.SIGINT)))
        return bindings

    def _pressed(self, key: str, _event: KeyPressEvent) -> None:
        self._asked(self._press(key))

    def _press(self, key: str) -> Request | None:
        """Take one key."""
        raise NotImplementedError(key)

    def _asked(self, request: Request | None) -> None:
        if request is None:
            return
        if request.verb == "quit":
            self._end(0)
        elif request.verb == "suspend":
            self._suspend()
        elif request.verb == "redraw":
            self.app.renderer.clear()
        else:
            self._do(request)

    def _do(self, request: Request) -> None:
        """Do what a key asks of the world."""
        raise NotImplementedError(request.verb)

    def _suspend(self) -> None:
        if signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN:
            self._spoken.say("the shell has no job control")
        else:
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
        with contextlib.suppress(Exception):  # it is ending already
            self.app.exit(result=number)

    def _fail(self, fault: BaseException | None) -> None:
        if fault is not None and self._fault is None:
            self._fault = fault
            self._end(0)

    def _post(self, change: Callable[[], object]) -> None:
        """Change the state from another thread."""

        def run() -> None:
            change()
            self.app.invalidate()

        with contextlib.suppress(RuntimeError):  # the view is closed
            self._loop.call_soon_threadsafe(run)

    def _draw(self) -> None:
        self.app.invalidate()


def _line(text: str) -> str:
    return "".join(char for char in text if char.isprintable())

"""The picker on the terminal. What was decided is done when the terminal is the shell's again."""

import sys
import threading
from functools import partial
from typing import Any

from prompt_toolkit.mouse_events import MouseEvent, MouseEventType

from hull.errors import HullError
from hull.ui import glyphs
from hull.ui.canvas import WHEELS, Canvas
from hull.ui.picking import Decision, Picking
from hull.ui.picking_painting import paint
from hull.ui.picking_press import act, move, press
from hull.ui.picking_text import Detail, Unread
from hull.ui.state import Request
from hull.ui.terminal import Terminal, held


def show(view: Any) -> int:
    """Let the person pick; do what was decided, show what came of it, and return the exit code."""
    picker = Picker(view)
    try:
        held(picker.run)
    finally:
        picker.stop()
    value = view.settle(picker.decision)
    if value is not None:
        from hull.present import show as present

        present(value, sys.stdout)
    return int(getattr(value, "exit_code", 0))


class Control(Canvas):
    """Draws the state, and takes clicks."""

    def __init__(self, state: Picking) -> None:
        super().__init__(partial(paint, state))
        self._state = state

    def mouse_handler(self, mouse_event: MouseEvent) -> None:
        """Choose what is clicked, scroll what is under the wheel."""
        state = self._state
        what, value = self._frame.at(mouse_event.position.x, mouse_event.position.y)
        if state.question or state.help:
            return
        if mouse_event.event_type in WHEELS:
            step = WHEELS[mouse_event.event_type]
            if what == "text":
                state.top = max(0, state.top + step)
            elif not state.inside:
                move(state, step)
        elif mouse_event.event_type == MouseEventType.MOUSE_DOWN:
            self._click(what, value)

    def _click(self, what: str, value: str) -> None:
        state = self._state
        if what == "text" and not state.inside:
            act(state, "inside") if state.hunks() else None
        elif what in ("row", "box", "fold"):
            state.inside = False
            move(state, int(value) - state.choices.place)
            if what == "box":
                act(state, "toggle")
            elif what == "fold" and state.node is not None and state.node.children:
                act(state, "inside")


class Picker(Terminal):
    """The application. Texts are read by a thread, one after another, the last asked for first."""

    def __init__(self, view: Any) -> None:
        self.state = Picking(view, glyphs.of_terminal(glyphs.given()))
        self.decision = Decision()
        self._view = view
        self._canvas = Control(self.state)
        super().__init__(self.state, self._canvas)
        self._wanted: Any = None
        self._asked_for = threading.Condition()
        self._reads = threading.Lock()  # the loop reads, too, where a key cannot wait
        self._stopped = False

    def _begin(self) -> None:
        super()._begin()
        threading.Thread(target=self._reading, daemon=True).start()

    def _look(self) -> None:
        """Ask for the texts of the change that the person is at."""
        node = self.state.node
        if node is None or node.change is None or node.path in self.state.texts:
            return
        with self._asked_for:
            self._wanted = node.change
            self._asked_for.notify()

    def _reading(self) -> None:
        while True:
            with self._asked_for:
                while self._wanted is None:
                    self._asked_for.wait()
                change, self._wanted = self._wanted, None
            self._post(partial(self.state.texts.setdefault, change.path, self._read(change)))

    def stop(self) -> None:
        """Wait for the text that is being read; read none any more: what they are read from is about to be closed."""
        with self._reads:
            self._stopped = True

    def _read(self, change: Any) -> Detail:
        try:
            with self._reads:
                if self._stopped:
                    return Detail(change, Unread(""))
                return Detail(change, self._view.texts(change))
        except (HullError, OSError) as error:
            return Detail(change, Unread(str(error)))

    def _press(self, key: str) -> Request | None:
        return press(self.state, key, self._canvas.page)

    def _do(self, request: Request) -> None:
        if request.verb == "read":  # now: the keys that follow are meant for the parts
            node = self.state.node
            if node is not None and node.change is not None:
                self.state.texts[node.path] = self._read(node.change)
                self._asked(act(self.state, "inside"))
            return
        self.decision = self.state.decision(request.verb)
        self._end(0)

"""The live view's window: what the mouse does to it."""

from collections.abc import Callable
from functools import partial

from prompt_toolkit.mouse_events import MouseEvent, MouseEventType

from hull.ui import press
from hull.ui.canvas import WHEELS, Canvas
from hull.ui.painting import paint
from hull.ui.state import Request, State


class Control(Canvas):
    """Draws the state; `asked` is told what a click asks."""

    def __init__(self, state: State, asked: Callable[[Request | None], None]) -> None:
        super().__init__(partial(paint, state))
        self._state, self._asked = state, asked

    def mouse_handler(self, mouse_event: MouseEvent) -> None:
        """Choose what is clicked, scroll what is under the wheel."""
        what, value = self._frame.at(mouse_event.position.x, mouse_event.position.y)
        if mouse_event.event_type in WHEELS and not self._state.help:
            self._wheel(WHEELS[mouse_event.event_type], inside=what == "details")
        elif mouse_event.event_type == MouseEventType.MOUSE_DOWN and not self._state.question:
            self._click(what, value)

    def _wheel(self, step: int, *, inside: bool) -> None:
        state, before = self._state, self._state.inside
        state.inside = inside
        press.move(state, step)
        state.inside = before

    def _click(self, what: str, value: str) -> None:
        state = self._state
        if what == "pane":
            self._asked(press.act(state, value))
        elif what == "tab":
            state.tabs[state.pane] = value
            state.inside = True
        elif what == "row":
            again = state.here.place == int(value) and not state.inside
            state.here.choose(int(value))
            state.inside = again
        elif what == "details":
            state.inside = True

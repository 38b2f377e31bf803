"""The window's content: painted lines, and what the mouse does to them."""

from collections.abc import Callable

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.controls import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseEvent, MouseEventType

from hull.ui import press
from hull.ui.painting import Frame, paint
from hull.ui.state import Request, State

WHEEL = 3  # lines
WHEELS = {MouseEventType.SCROLL_UP: -WHEEL, MouseEventType.SCROLL_DOWN: WHEEL}


class Canvas(UIControl):
    """Draws the state; `asked` is told what a click asks."""

    def __init__(self, state: State, asked: Callable[[Request | None], None]) -> None:
        self._state, self._asked = state, asked
        self._frame = Frame([], [])
        self.page = press.PAGE

    def is_focusable(self) -> bool:
        """Keys come here."""
        return True

    def create_content(self, width: int, height: int) -> UIContent:
        """Return the lines."""
        self._frame = paint(self._state, width, height)
        self.page = max(1, height // 2 - 2)
        lines: list[StyleAndTextTuples] = [list(line) for line in self._frame.lines]
        return UIContent(get_line=lambda number: lines[number], line_count=len(lines), show_cursor=False)

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

"""A window's content: painted lines, and where the mouse meets them."""

from collections.abc import Callable

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.controls import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseEventType

from hull.ui.painting import Frame
from hull.ui.spoken_press import PAGE

WHEEL = 3  # lines
WHEELS = {MouseEventType.SCROLL_UP: -WHEEL, MouseEventType.SCROLL_DOWN: WHEEL}


class Canvas(UIControl):
    """Shows what `painted` makes for a width and a height. A subclass says what the mouse does."""

    def __init__(self, painted: Callable[[int, int], Frame]) -> None:
        self._painted = painted
        self._frame = Frame([], [])
        self.page = PAGE

    def is_focusable(self) -> bool:
        """Keys come here."""
        return True

    def create_content(self, width: int, height: int) -> UIContent:
        """Return the lines."""
        self._frame = self._painted(width, height)
        self.page = max(1, height // 2 - 2)
        lines: list[StyleAndTextTuples] = [list(line) for line in self._frame.lines]
        return UIContent(get_line=lambda number: lines[number], line_count=len(lines), show_cursor=False)

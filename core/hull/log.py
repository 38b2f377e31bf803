"""Events go to a callback: nothing below the fronts prints."""

from collections.abc import Callable

from hull.light import NamedTuple


class Event(NamedTuple):
    """Something worth telling while a verb runs.

    `kind` is progress, note or warning. For progress, `subject` names the thing (a short digest), `text` the activity
    ("pulling", "unpacking", "done"), `current` and `total` are bytes, total 0 where unknown.
    """

    kind: str
    subject: str
    text: str
    current: int = 0
    total: int = 0


Events = Callable[[Event], None]


def silent(_event: Event) -> None:
    """Drop the event."""

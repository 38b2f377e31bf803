"""What is put into the shell's tables, and the way to take exactly that out again."""

from collections.abc import Callable

from hull.light import Any

ABSENT = object()


class Registered:
    """Entries and handlers of one loading; `undo` leaves the tables as they were found."""

    def __init__(self) -> None:
        self._undone: list[Callable[[], object]] = []

    def put(self, table: Any, key: str, value: Any) -> None:
        """Set an entry; what somebody sets in its place afterwards stays."""
        before = table[key] if key in table else ABSENT  # noqa: SIM401 (xonsh's aliases run theirs in a get)
        table[key] = value
        mine = table[key]

        def undo() -> None:
            if key not in table or table[key] is not mine:
                return
            if before is ABSENT:
                del table[key]
            else:
                table[key] = before

        self._undone.append(undo)

    def handle(self, events: Any, name: str, handler: Callable[..., object]) -> None:
        """Add a handler of one of xonsh's events: as a function, xonsh gives it attributes."""
        event = getattr(events, name)

        def handle(**what: Any) -> object:
            return handler(**what)

        event(handle)
        self._undone.append(lambda: event.discard(handle))

    def after(self, undo: Callable[[], object]) -> None:
        """Have something done when all is taken out: the last named is the first done."""
        self._undone.append(undo)

    def undo(self) -> None:
        """Take everything out, the last entry first."""
        while self._undone:
            self._undone.pop()()

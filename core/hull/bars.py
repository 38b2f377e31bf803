"""Progress bars by rich, where it is installed (the extra `progress`): imported when the first event comes."""

from hull.light import TYPE_CHECKING, TextIO
from hull.log import Event

if TYPE_CHECKING:
    from rich import progress


class RichBars:
    """One bar a subject. Drawn when told; there is no thread that would outlive the process's becoming another."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn

        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            DownloadColumn(),
            TransferSpeedColumn(),
        )
        self._columns = columns
        self._progress: progress.Progress | None = None
        self._tasks: dict[str, progress.TaskID] = {}

    def show(self, event: Event, *, draw: bool) -> None:
        """Take one subject's state; draw all if asked."""
        if self._progress is None:
            from rich.progress import Progress

            self._progress = Progress(*self._columns, console=self._console, auto_refresh=False)
            self._progress.start()
        text = f"{event.subject}: {event.text}" if event.subject else event.text
        if event.subject not in self._tasks:
            self._tasks[event.subject] = self._progress.add_task(text, total=event.total or None)
        current = event.current or (event.total if event.text in ("done", "already here", "already there") else 0)
        self._progress.update(
            self._tasks[event.subject], description=text, completed=current, total=event.total or None
        )
        if draw:
            self._progress.refresh()

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self._console.print(text, soft_wrap=True)

    def close(self) -> None:
        """Draw the last state; further events begin below it."""
        if self._progress is not None:
            self._progress.refresh()
            self._progress.stop()
        self._progress = None
        self._tasks.clear()


def available(stream: TextIO) -> RichBars | None:
    """Return bars for a terminal, None where rich is not installed."""
    try:
        return RichBars(stream)
    except ImportError:
        return None

"""`hull history`."""

import time

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated, Any, NamedTuple
from hull.units import moment, size, span

WIDTH = 45
HEADINGS = {
    "ID": "IMAGE", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "CreatedBy": "CREATED BY", "Size": "SIZE",
    "Comment": "COMMENT",
}  # fmt: skip


class StepRow(NamedTuple):
    """One step; `created` is 0 where the image does not say. `human` is how a template sees times and sizes."""

    id: str
    created: float
    created_by: str
    size: int
    comment: str
    human: bool = True

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees."""
        at = moment(self.created) if self.created else ""
        since = f"{span(time.time() - self.created)} ago" if self.created else "N/A"
        return {
            "ID": self.id,
            "CreatedSince": since if self.human else at,
            "CreatedAt": at,
            "CreatedBy": self.created_by,
            "Size": size(self.size) if self.human else str(self.size),
            "Comment": self.comment,
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return HEADINGS

    @staticmethod
    def layout(_rows: Any) -> tuple[str, ...]:
        """Return the columns of the table."""
        return ("ID", "CreatedSince", "CreatedBy", "Size", "Comment")


def history(
    engine: Engine,
    image: Annotated[str, Word("a reference, an id, or the start of one", "IMAGE", complete="image")],
    *,
    quiet: Annotated[bool, Flag("print ids only", "q")] = False,
    no_trunc: Annotated[bool, Flag("print whole ids and commands")] = False,
    human: Annotated[
        bool, Flag("sizes in units, times as ages (the default); --no-human for bytes and times", "H")
    ] = True,
) -> list[StepRow] | list[str]:
    """Show the steps that made an image, the newest first."""
    from hull.images.history import steps

    store, ident = engine.images.holder(image)
    found = steps(store.rows, ident)
    rows = [StepRow(*step, human) for step in found]
    if not no_trunc:
        rows = [row._replace(id=row.id.removeprefix("sha256:")[:12], created_by=cut(row.created_by)) for row in rows]
    return [row.id for row in rows] if quiet else rows


def cut(text: str) -> str:
    """Return a step's command in the width of a column."""
    line = text.replace("\t", " ").replace("\n", " ")
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"

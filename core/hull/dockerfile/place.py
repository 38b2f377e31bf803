"""Where an instruction stands, and the errors that show it."""

from hull.errors import UserError
from hull.light import NamedTuple


class Place(NamedTuple):
    """Where an instruction stands: lines `line` to `last` (from 1) of `file`, as they were written in `text`."""

    file: str
    line: int
    last: int
    text: str

    def error(
        self, message: str, hint: str = "", *, line: int = 0, column: int = 1, near: str = ""
    ) -> "DockerfileError":
        """Return the error to raise: file, line and column, the line itself with a mark under the column.

        `near` is a word of the instruction, as it was written, to point at in place of a line and a column.
        """
        lines = self.text.split("\n")
        if near:
            number, column = next(
                ((self.line + n, text.index(near) + 1) for n, text in enumerate(lines) if near in text), (self.line, 1)
            )
        else:
            number = line or self.line
        shown = lines[number - self.line] if 0 <= number - self.line < len(lines) else ""
        return DockerfileError(self.file, number, column, shown, message, hint)


class DockerfileError(UserError):
    """A Dockerfile that cannot be read or executed: the message names file, line and column and shows the line.

    `reason` is the message alone. `code` and `command` are those of a RUN whose program failed.
    """

    code = 0
    command: tuple[str, ...] = ()

    def __init__(self, file: str, line: int, column: int, shown: str, message: str, hint: str = "") -> None:  # noqa: PLR0917
        mark = "".join("\t" if letter == "\t" else " " for letter in shown[: column - 1])
        clean = "".join(letter if letter.isprintable() or letter == "\t" else "?" for letter in shown.rstrip("\r"))
        sight = f"\n  {clean}\n  {mark}^" if clean else ""
        super().__init__(f"{file}:{line}:{column}: {message}{sight}", hint)
        self.file, self.line, self.column, self.reason = file, line, column, message


class Malformed(ValueError):  # noqa: N818 (whoever knows the place raises it as a DockerfileError)
    """A word that cannot be read or expanded: the message says why."""

"""Lines as an instruction sees them: directives read, comments gone, continuations joined, each letter's place kept."""

from hull.dockerfile.place import DockerfileError, Place
from hull.light import NamedTuple

# What counts as space at the ends of a line: Unicode's, not str.strip's (which takes U+001C to U+001F too).
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
DIRECTIVES = ("syntax", "escape", "check")


class Line(NamedTuple):
    """An instruction's text on one line. `pieces` say where each part was: (offset, line, column)."""

    text: str
    pieces: tuple[tuple[int, int, int], ...]

    def where(self, offset: int) -> tuple[int, int]:
        """Return the line and column, both from 1, of the letter at `offset`."""
        start, line, column = next(piece for piece in reversed(self.pieces) if piece[0] <= max(offset, 0))
        return line, column + max(offset, 0) - start


class Lines:
    """A Dockerfile's lines, read from the top: `next` gives instructions, `heredoc` what follows one."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._lines = text.removeprefix("\ufeff").split("\n")
        if self._lines[-1] == "":
            self._lines.pop()
        self._next = 0
        self.escape = "\\"
        self.directives: dict[str, str] = {}
        self._read_directives()

    def next(self) -> Line | None:
        """Return the next instruction, None at the end. What it lacks at the end of the file it lacks silently."""
        while self._next < len(self._lines):
            line = self._instruction()
            if line.text:
                return line
        return None

    def heredoc(self, name: str, start: Line, *, strip: bool) -> tuple[str, int]:
        """Return the lines up to one that is `name` alone, and the number of the first; a missing end is an error."""
        first = self._next
        while self._next < len(self._lines):
            line = self._lines[self._next].rstrip("\r")
            self._next += 1
            if (line.lstrip("\t") if strip else line) == name:
                return "".join(f"{one}\n" for one in self._lines[first : self._next - 1]), first + 1
        number, column = start.where(max(start.text.find("<<"), 0))
        raise DockerfileError(
            self.file, number, column, self._lines[number - 1],
            f"the here-document {name!r} has no end",
            f"end it with a line that is {name} and nothing else" + (", tabs before it allowed" if strip else ""),
        )  # fmt: skip

    def place(self, line: Line) -> Place:
        """Return the place of an instruction that ends where reading has come to."""
        first = line.pieces[0][1]
        return Place(self.file, first, self._next, "\n".join(self._lines[first - 1 : self._next]))

    def _instruction(self) -> Line:
        text, pieces, first = "", [], True
        while self._next < len(self._lines):
            number, raw = self._next + 1, self._lines[self._next].rstrip("\r")
            self._next += 1
            clean = raw.lstrip(SPACE)
            if clean.startswith("#") or (not first and not clean):
                if first:
                    break
                continue
            part, goes_on = self._part(clean if first else raw)
            pieces.append((len(text), number, len(raw) - len(clean) + 1 if first else 1))
            text, first = text + part, False
            if not goes_on:
                break
        return Line(text, tuple(pieces) or ((0, self._next, 1),))

    def _part(self, line: str) -> tuple[str, bool]:
        """Return the line without its continuation mark, and whether there was one: two in a row are none."""
        bare = line.rstrip(" \t")
        goes_on = bare.endswith(self.escape) and not bare.endswith(self.escape * 2)
        return (bare[:-1], True) if goes_on else (line, False)

    def _read_directives(self) -> None:
        """Read `# name = value` lines; the first line that is none ends them."""
        for number, raw in enumerate(self._lines, 1):
            line = raw.strip(SPACE)
            name, equals, value = line[1:].partition("=")
            name, value = name.strip(SPACE).lower(), value.strip(SPACE)
            if not (line.startswith("#") and equals and value and name in DIRECTIVES):
                return
            if name in self.directives:
                raise DockerfileError(self.file, number, 1, raw, f"a second {name} directive", "keep one of them")
            if name == "escape" and value not in {"\\", "`"}:
                column = raw.rfind(value) + 1
                raise DockerfileError(
                    self.file, number, column, raw, f"{value!r} is no escape character", "it may be \\ or `"
                )
            self.directives[name] = value
            self.escape = self.directives.get("escape", self.escape)

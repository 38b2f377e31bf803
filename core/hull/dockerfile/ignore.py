"""`.dockerignore`: which paths of a context a build never sees. The last pattern that matches a path decides.

A pattern matches a path or one of its parents. `*` and `?` stop at a slash, `**` does not; `!` takes a path back in.
Source of the rules: ".dockerignore files" in Docker's build documentation.
"""

import re
from posixpath import normpath

from hull.errors import UserError
from hull.light import NamedTuple

USUAL = ".dockerignore"
SPECIAL = frozenset("*?[\\")


class Pattern(NamedTuple):
    """One line: `accept` is `!`; `text` what it matches, cleaned; `match` does."""

    text: str
    accept: bool
    match: "re.Pattern[str]"


class Ignore:
    """The patterns of one file, in order. No patterns ignore nothing."""

    def __init__(self, patterns: tuple[Pattern, ...] = ()) -> None:
        self._patterns = patterns
        self._accepted = tuple(_fixed(one.text) for one in patterns if one.accept)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    @property
    def words(self) -> tuple[str, ...]:
        """The patterns as they are written, cleaned."""
        return tuple(f"{'!' * one.accept}{one.text}" for one in self._patterns)

    def ignores(self, path: str) -> bool:
        """Whether a path, relative to the context, is left out."""
        parts = path.strip("/").split("/")
        parents = ["/".join(parts[: place + 1]) for place in range(len(parts))]
        found = False
        for pattern in self._patterns:
            if pattern.accept == found and any(pattern.match.fullmatch(one) for one in reversed(parents)):
                found = not pattern.accept
        return found

    def prunes(self, directory: str) -> bool:
        """Whether nothing below a directory can be in the context: it is ignored, and no `!` could match below it."""
        below = f"{directory.strip('/')}/"
        touched = any(start.startswith(below) or below.startswith(start) for start in self._accepted)
        return not touched and self.ignores(directory)


def candidates(dockerfile: str) -> tuple[str, ...]:
    """Return where patterns may be, the first that is there wins: beside the Dockerfile, then in the context."""
    return (f"{dockerfile}.dockerignore", ".containerignore", ".dockerignore")


def parse(text: str | bytes, file: str = ".dockerignore") -> Ignore:
    """Return the patterns of a file's text; a pattern that is none is an error that names its line."""
    decoded = text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")
    found = []
    for number, raw in enumerate(decoded.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or raw.startswith("#"):
            continue
        pattern = _pattern(line)
        if pattern is None:
            raise UserError(
                f"cannot read {file}:{number}: {line!r} is no pattern", "close the bracket, or escape it: \\["
            )
        found.append(pattern)
    return Ignore(tuple(found))


def of(patterns: tuple[str, ...]) -> Ignore:
    """Return what `--exclude` flags leave out."""
    return parse("\n".join(one for one in patterns if one), "--exclude")


def literal(path: str) -> str:
    """Return the pattern that matches a path and nothing else."""
    return "/" + "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in path)


def _pattern(line: str) -> Pattern | None:
    accept = line.startswith("!")
    text = line[1:].strip() if accept else line
    text = normpath(text).lstrip("/") if text else ""
    if not text:
        return None if accept or line != "/" else Pattern(".", accept, re.compile(r"\."))
    try:
        return Pattern(text, accept, re.compile(translate(text)))
    except (re.error, ValueError):
        return None


def translate(pattern: str) -> str:
    """Return the regular expression of a pattern; a bracket without its end is a ValueError."""
    made, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**", at):
            at += 2
            at += pattern.startswith("/", at)
            while pattern.startswith("**/", at):  # `**/**/` says no more than `**/`, and costs
                at += 3
            made += ".*" if at == len(pattern) else "(?:.*/)?"
            continue
        letter = pattern[at]
        at += 1
        if letter == "[":
            part, at = _class(pattern, at)
            made += part
        elif letter == "\\" and at < len(pattern):
            made += re.escape(pattern[at])
            at += 1
        else:
            made += {"*": "[^/]*", "?": "[^/]"}.get(letter) or re.escape(letter)
    return made


def _class(pattern: str, at: int) -> tuple[str, int]:
    """Return the regular expression of a bracket whose content begins at `at`, and where it ends."""
    made, negated = "", pattern.startswith("^", at)
    at += negated
    while at < len(pattern) and (pattern[at] != "]" or not made):
        low, at = _letter(pattern, at)
        made += low
        if pattern.startswith("-", at) and not pattern.startswith("-]", at):
            high, at = _letter(pattern, at + 1)
            made += f"-{high}"
    if at >= len(pattern) or not made:
        raise ValueError(pattern)
    return f"[{'^' if negated else ''}{made}]", at + 1


def _letter(pattern: str, at: int) -> tuple[str, int]:
    """Return a letter of a bracket, escaped for a regular expression, and where the next one is."""
    at += pattern[at : at + 1] == "\\"
    if at >= len(pattern):
        raise ValueError(pattern)
    return re.escape(pattern[at]), at + 1


def _fixed(text: str) -> str:
    """Return the start of a pattern that is the same in all its matches, up to its last whole name."""
    parts = text.split("/")
    plain = next((place for place, part in enumerate(parts) if SPECIAL & set(part)), len(parts))
    return "".join(f"{part}/" for part in parts[:plain])

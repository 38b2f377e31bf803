"""`--chmod`: octal digits, or chmod's symbolic clauses. Source of the grammar: POSIX chmod, "EXTENDED DESCRIPTION"."""

import re

from hull.dockerfile.place import Malformed
from hull.light import NamedTuple

OCTAL = re.compile(r"[0-7]{1,4}|0[0-7]{4}", re.ASCII)
CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)", re.ASCII)
ACTION = re.compile(r"([-+=])([ugo]|[rwxXst]*)", re.ASCII)
AFFECTED = {"u": 0o4700, "g": 0o2070, "o": 0o1007}
SHIFTS = {"u": 6, "g": 3, "o": 0}
VALUES = {"r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000}
SET_IDS = 0o6000
UMASK = 0o022  # what a clause without a name spares, as BuildKit has it


class Change(NamedTuple):
    """One action of a clause: for `who` (some of u, g, o; "" is all but what the umask spares), `letters` by `sign`."""

    who: str
    sign: str
    letters: str


class Mode(NamedTuple):
    """What a file's mode becomes: `fixed`, or where that is None the `changes`, one after the other."""

    fixed: int | None
    changes: tuple[Change, ...] = ()

    def of(self, mode: int, *, directory: bool) -> int:
        """Return the mode that a file or directory with `mode` gets."""
        if self.fixed is not None:
            return self.fixed
        for change in self.changes:
            mode = _changed(mode, change, directory=directory)
        return mode


def parse(text: str) -> Mode:
    """Return what `--chmod=text` does; what is no mode is `Malformed`."""
    if OCTAL.fullmatch(text):
        return Mode(int(text, 8))
    changes: list[Change] = []
    for clause in text.split(","):
        found = CLAUSE.fullmatch(clause)
        if found is None:
            raise Malformed(f"{text!r} is no mode")
        who = "ugo" if "a" in found[1] else found[1]
        changes += [Change(who, sign, letters) for sign, letters in ACTION.findall(found[2])]
    return Mode(None, tuple(changes))


def _changed(mode: int, change: Change, *, directory: bool) -> int:
    affected = sum(AFFECTED[name] for name in set(change.who))
    value = _value(mode, change.letters, directory=directory) & (affected or ~UMASK)
    if change.sign == "-":
        return mode & ~value
    if change.sign == "+":
        return mode | value
    kept = ~affected if affected else 0
    if directory:  # it keeps the set-id bits that are not named
        kept |= SET_IDS & ~value
    return mode & kept & 0o7777 | value


def _value(mode: int, letters: str, *, directory: bool) -> int:
    """Return the bits that the letters mean, for everybody, of a file that has `mode` so far."""
    if letters in SHIFTS:
        return (mode >> SHIFTS[letters] & 7) * 0o111
    searched = "X" in letters and (directory or mode & 0o111)
    return sum(VALUES.get(letter, 0) for letter in set(letters)) | (0o111 if searched else 0)

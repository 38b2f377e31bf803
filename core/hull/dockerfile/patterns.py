r"""The shell's patterns in `${name#pattern}` and its relatives: * and ?, no brackets; a backslash makes them letters.

Matched by following all places in the pattern at once: time is length times length, whatever the pattern.
"""

from hull.dockerfile.place import Malformed

STAR, ANY = 0, 1  # beside letters, the parts of a pattern
Parts = list[int | str]


def parts(pattern: str) -> Parts:
    """Return a pattern's parts: letters, ANY for `?`, STAR for `*`."""
    made: Parts = []
    letters = iter(pattern)
    for letter in letters:
        if letter == "\\":
            made.append(_escaped(next(letters, "")))
        elif letter == "*":
            made.append(STAR)
        else:
            made.append(ANY if letter == "?" else letter)
    return made


def _escaped(letter: str) -> str:
    """Return a letter after a backslash: `}` and `/` end parts of `${}`, so they may be escaped as well."""
    if letter not in tuple("*?\\}/"):
        raise Malformed(
            f"bad pattern: \\{letter} escapes what needs none" if letter else "bad pattern: a backslash at its end"
        )
    return letter


def _reach(pattern: Parts, places: set[int]) -> set[int]:
    """Return the places with those that stars let one come to without a letter."""
    reached = set(places)
    for place in sorted(places):
        while place < len(pattern) and pattern[place] == STAR:
            place += 1  # noqa: PLW2901 (walks on from each)
            reached.add(place)
    return reached


def end(value: str, pattern: Parts, start: int = 0, *, greedy: bool = True) -> int:
    """Return where the shortest or, `greedy`, the longest match from `start` ends; -1 without one."""
    places, found = _reach(pattern, {0}), -1
    for at in range(start, len(value) + 1):
        if len(pattern) in places:
            found = at
            if not greedy:
                break
        if at == len(value) or not places:
            break
        places = _reach(pattern, {n for place in places for n in _step(pattern, place, value[at])})
    return found


def _step(pattern: Parts, place: int, letter: str) -> tuple[int, ...]:
    if place == len(pattern):
        return ()
    if pattern[place] == STAR:
        return (place,)
    return (place + 1,) if pattern[place] in (ANY, letter) else ()


def without_prefix(value: str, pattern: str, *, greedy: bool) -> str:
    """Return the value without the shortest or longest start that the pattern matches."""
    return value[max(end(value, parts(pattern), greedy=greedy), 0) :]


def without_suffix(value: str, pattern: str, *, greedy: bool) -> str:
    """Return the value without the shortest or longest end that the pattern matches."""
    return value[: len(value) - max(end(value[::-1], parts(pattern)[::-1], greedy=greedy), 0)]


def replaced(value: str, pattern: str, replacement: str, *, every: bool) -> str:
    """Return the value with the first or every longest match replaced; empty ones right after one do not count."""
    wanted, made, at, last = parts(pattern), "", 0, -1
    while at <= len(value):
        stop = end(value, wanted, at)
        if stop > at or (stop == at and at != last):
            made, last = made + replacement, stop
            if not every:
                return made + value[stop:]
        if stop <= at:
            made += value[at : at + 1]
        at = max(stop, at + 1)
    return made

"""What could come next on a line, for every shell: verbs, flags, choices, names that are here. Never asks a network."""

from collections.abc import Callable, Iterator

from hull.commands import VERBS
from hull.commands._verb import Flag, Parameter, Verb, load
from hull.errors import HullError
from hull.light import Any, NamedTuple


class Candidate(NamedTuple):
    """One completion of the current word, whole, and what it is."""

    text: str
    about: str = ""


WORDS = {"egress": ["none", "dns", "all"], "userns": ["auto", "keep-id", "keep-id:uid=", "single"]}
FILES = Candidate(":files", "the shell's own completion of file names")


class _Place(NamedTuple):
    """Where the cursor is: the flag whose value is being written, or the number of positionals before it."""

    pending: Parameter | None
    before: int
    flags: bool


def candidates(words: list[str], prefix: str, engine: Callable[[], Any]) -> list[Candidate]:
    """Return the completions of `prefix` after `words` (without `hull`); `FILES` among them where a path may stand."""
    if not words:
        return list(_verbs(prefix))
    if words[0] not in VERBS:
        return []
    verb = load(words[0])
    place = _locate(verb, words[1:])
    flag, equals, _ = prefix.partition("=")
    if place.pending is not None:
        found = _values(place.pending, engine)
    elif place.flags and equals and flag.startswith("--"):
        named = verb.long(flag[2:])
        found = (
            [c if c is FILES else c._replace(text=f"{flag}={c.text}") for c in _values(named[0], engine)]
            if named
            else []
        )
    elif place.flags and prefix.startswith("-"):
        found = list(_flags(verb))
    else:
        found = _positional(verb, place.before, engine)
    return [c for c in found if c is FILES or c.text.startswith(prefix)]


def _verbs(prefix: str) -> Iterator[Candidate]:
    for name in VERBS:
        if name.startswith(prefix):
            yield Candidate(name, load(name).summary)
    if "--help".startswith(prefix):
        yield Candidate("--help", "list the verbs")


def _flags(verb: Verb) -> Iterator[Candidate]:
    for flag in verb.flags:
        yield Candidate(f"--{flag.longs[0]}", flag.about.help)
        if isinstance(flag.about, Flag) and flag.about.short:
            yield Candidate(f"-{flag.about.short}", flag.about.help)
    yield Candidate("--help", "say more of this verb")


def _locate(verb: Verb, words: list[str]) -> _Place:
    pending, count, flags = None, 0, True
    for word in words:
        if pending is not None:
            pending = None
        elif flags and word == "--":
            flags = False
        elif flags and word.startswith("-") and word != "-":
            pending = _awaiting(verb, word)
        else:
            count += 1
            flags = flags and not verb.rest
    return _Place(pending, count, flags)


def _awaiting(verb: Verb, word: str) -> Parameter | None:
    """Return the flag whose value the next word is, if the word ends in one."""
    if word.startswith("--"):
        found = verb.long(word[2:])
        return found[0] if found and found[0].kind is not bool else None
    for at, letter in enumerate(word[1:], 2):
        flag = verb.short(letter)
        if flag is None or flag.kind is not bool:
            return flag if at == len(word) else None
    return None


def _positional(verb: Verb, count: int, engine: Callable[[], Any]) -> list[Candidate]:
    if not verb.words or (count >= len(verb.words) and not verb.words[-1].many):
        return []
    if verb.rest and count >= len(verb.words) - 1:
        return [FILES]
    return _values(verb.words[min(count, len(verb.words) - 1)], engine)


def _values(parameter: Parameter, engine: Callable[[], Any]) -> list[Candidate]:
    about = parameter.about
    if about.choices:
        return [Candidate(choice) for choice in about.choices]
    if about.complete == "path":
        return [FILES]
    try:
        return [Candidate(name, about.complete) for name in _names(about.complete, engine)]
    except HullError:
        return []


def _names(kind: str, engine: Callable[[], Any]) -> list[str]:
    if kind == "container":
        return [row.name for row in engine().containers.all()]
    if kind == "image":
        references = [str(row[0]) for row in engine().db.rows("SELECT reference FROM tags ORDER BY reference")]
        return ["host", *(r.removeprefix("docker.io/").removeprefix("library/") for r in references)]
    if kind == "volume":
        return [one.name for one in engine().volumes.all()]
    if kind == "network":
        own = [str(row[0]) for row in engine().db.rows("SELECT name FROM networks ORDER BY name")]
        return [*own, "none", "host", "slirp4netns", "pasta"]
    return WORDS.get(kind, [])

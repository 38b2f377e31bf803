"""Where the cursor is on a line: the verb, the flag whose value is being written, the words around."""

from hull.commands import VERBS
from hull.commands._spellings import spelt
from hull.commands._verb import Flag, Parameter, Verb, load
from hull.light import NamedTuple


class Line(NamedTuple):
    """A line without its `hull`: the whole words before the cursor's, that word up to the cursor, the words after."""

    before: tuple[str, ...]
    prefix: str
    after: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where the cursor is.

    `words` are the verb's words before it, `all_words` those of the whole line, the cursor's own as "" among them;
    `given` what flags were given before it, values in order; `pending` is the flag whose value it writes; `flags`
    whether a flag may stand there.
    """

    verb: Verb
    words: tuple[str, ...]
    all_words: tuple[str, ...]
    given: dict[str, tuple[str, ...]]
    pending: Parameter | None
    flags: bool

    @property
    def word(self) -> Parameter | None:
        """The positional that the cursor writes, None where the verb takes no more."""
        known, count = self.verb.words, len(self.words)
        if count < len(known):
            return known[count]
        return known[-1] if known and known[-1].many else None

    @property
    def in_command(self) -> bool:
        """Whether the cursor is in somebody else's command line, which ends the verb's own."""
        return self.verb.rest and len(self.words) >= len(self.verb.words) - 1

    @property
    def action(self) -> str:
        """The first word of a verb that has several meanings: `create` of `network create`."""
        first = self.verb.words[0].about.choices if self.verb.words else ()
        return self.words[0] if self.words and self.words[0] in first else ""


def locate(line: Line) -> Place | None:
    """Return the place of the cursor after a verb; None where no verb is known there."""
    name, rest = spelt(list(line.before))
    if name not in VERBS:
        return None
    verb = load(name)
    scan = _Scan(verb)
    for word in rest:
        scan.take(word)
    words, given, pending = tuple(scan.words), {key: tuple(values) for key, values in scan.given.items()}, scan.pending
    flags = scan.flags
    if pending is not None or (flags and line.prefix.startswith("-")):
        scan.pending = None
    else:
        scan.take("")
    for word in line.after:
        scan.take(word)
    return Place(verb, words, tuple(scan.words), given, pending, flags)


class _Scan:
    """Takes the words of a line one by one, as hull.commands._line does, and minds no mistake."""

    def __init__(self, verb: Verb) -> None:
        self._verb = verb
        self.words: list[str] = []
        self.given: dict[str, list[str]] = {}
        self.pending: Parameter | None = None
        self.flags = True

    def take(self, word: str) -> None:
        """Take a word."""
        if self.pending is not None:
            self._give(self.pending, word)
            self.pending = None
        elif self.flags and word == "--":
            self.flags = False
        elif self.flags and word.startswith("--"):
            self._long(*word[2:].partition("="))
        elif self.flags and word.startswith("-") and word != "-":
            self._shorts(word[1:])
        else:
            self.words.append(word)
            self.flags = self.flags and not self._verb.rest

    def _long(self, name: str, equals: str, value: str) -> None:
        found = self._verb.long(name)
        if found is not None and (found[0].kind is bool or equals):
            self._give(found[0], value)
        elif found is not None:
            self.pending = found[0]

    def _shorts(self, letters: str) -> None:
        for at, letter in enumerate(letters, 1):
            flag = self._verb.short(letter, self.words[0] if self.words else "")
            if flag is None:
                return
            if flag.kind is bool:
                self._give(flag, "")
                continue
            if at == len(letters):
                self.pending = flag
            else:
                self._give(flag, letters[at:].removeprefix("="))
            return

    def _give(self, flag: Parameter, value: str) -> None:
        self.given.setdefault(flag.name, []).append(value)


def short_of(flag: Parameter, first: str) -> str:
    """Return the letter that means the flag after the verb's first word, "" for none."""
    about = flag.about
    if not isinstance(about, Flag):
        return ""
    return about.letter if about.letter and first in about.after else about.short

r"""Words with variables in them: $x, ${x}, ${x:-default} and relatives, quotes and escapes, as a Dockerfile has them.

    expand("a${x:-b}", {"x": "c"})       → "ac"
    split('$x "b c"', {"x": "1 2"})      → ["1", "2", "b c"]

Forms: ${x-d} ${x:-d} ${x+d} ${x:+d} ${x?m} ${x:?m} ${x#p} ${x##p} ${x%p} ${x%%p} ${x/p/r} ${x//p/r}. Nothing is special
inside single quotes; inside double ones `$` is, and the escape before `"`, `$` and itself. Not here: commands.
Source of the rules: "Environment replacement" in the Dockerfile reference.
"""

from collections.abc import Mapping

from hull.dockerfile import braces
from hull.dockerfile.lines import SPACE
from hull.dockerfile.place import Malformed
from hull.light import NamedTuple

DEEPEST = 50  # how far `${a:-${b:-…}}` may nest: a limit of ours, for the interpreter's stack
SPECIAL = "@*#?-$!0"  # the shell's own parameters: always unset here


class Manner(NamedTuple):
    """How to read: which letter escapes, and what is left standing. `quotes` False: quotes are letters like others."""

    escape: str = "\\"
    quotes: bool = True
    keep_quotes: bool = False
    keep_escapes: bool = False
    keep_unset: bool = False


PLAIN = Manner()


def expand(text: str, variables: Mapping[str, str], manner: Manner = PLAIN) -> str:
    """Return the text with variables replaced, quotes and escapes taken off; `Malformed` where that cannot be."""
    return Reader(text, variables, manner).until("")[0]


def split(text: str, variables: Mapping[str, str], manner: Manner = PLAIN) -> list[str]:
    """Return the words of the expanded text: spaces in quotes and after an escape do not part them."""
    return Reader(text, variables, manner).until("")[1]


class _Words:
    """Collects words: `add` parts them at spaces, `glue` does not."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.word = ""

    def add(self, text: str) -> None:
        for letter in text:
            if letter in SPACE:
                self.end()
            else:
                self.word += letter

    def glue(self, text: str) -> None:
        self.word += text

    def end(self) -> list[str]:
        if self.word:
            self.done.append(self.word)
            self.word = ""
        return self.done


class Reader:
    """One pass over a word; `at` is where it has come to."""

    def __init__(self, text: str, variables: Mapping[str, str], manner: Manner) -> None:
        self.text, self.variables, self.manner = text, variables, manner
        self.at = self.depth = 0
        self.keep_escapes = manner.keep_escapes

    def peek(self) -> str:
        """Return the next letter, "" at the end."""
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        """Return the next letter and go past it."""
        letter = self.peek()
        self.at += 1
        return letter

    def until(self, stop: str) -> tuple[str, list[str]]:
        """Return the text up to `stop` (taken, not returned), and its words; "" is the end."""
        made: list[str] = []
        words = _Words()
        while letter := self.peek():
            if letter == stop:
                self.at += 1
                return "".join(made), words.end()
            part, parting = self._part(letter)
            made.append(part)
            (words.add if parting else words.glue)(part)
        if stop:
            raise Malformed(f"syntax error: missing '{stop}' in ${{}}")
        return "".join(made), words.end()

    def _part(self, letter: str) -> tuple[str, bool]:
        """Return what the next letters stand for, and whether spaces in it part words."""
        if letter == "$":
            return self.dollar(), True
        if letter == "<":
            return self._arrows(), False
        if self.manner.quotes and letter in "'\"":
            return (self._single() if letter == "'" else self._double()), False
        self.at += 1
        if letter != self.manner.escape:
            return letter, True
        return (letter if self.keep_escapes else "") + self.take(), False

    def _arrows(self) -> str:
        """Return `<`, or `<<` with the spaces after it: a here-document's name may stand apart from its arrows."""
        start = self.at
        self.at += 1
        if self.peek() == "<":
            self.at += 1
            while self.peek() and self.peek() in "\t\r ":
                self.at += 1
        return self.text[start : self.at]

    def _single(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise Malformed("a single quote has no end")
        start, self.at = self.at, end + 1
        return self.text[start : end + 1] if self.manner.keep_quotes else self.text[start + 1 : end]

    def _double(self) -> str:
        quote = self.take() if self.manner.keep_quotes else self.take()[:0]
        made = quote
        while letter := self.peek():
            if letter == "$":
                made += self.dollar()
                continue
            self.at += 1
            if letter == '"':
                return made + quote
            if letter == self.manner.escape:
                made += letter if self.keep_escapes else ""
                if not self.peek():
                    break
                letter = self.take() if self.peek() in ('"', "$", letter) else letter
            made += letter
        raise Malformed("a double quote has no end")

    def dollar(self) -> str:
        """Return the value of the variable that begins here; a lone `$` is itself."""
        self.at += 1
        if self.peek() == "{":
            self.depth += 1
            if self.depth > DEEPEST:
                raise Malformed(f"substitutions nest more than {DEEPEST} deep")
            value = braces.value(self)
            self.depth -= 1
            return value
        name = self.name()
        if not name:
            return "$"
        return f"${name}" if self.unset(name) and self.manner.keep_unset else self.variables.get(name, "")

    def unset(self, name: str) -> bool:
        """Whether there is no such variable; an empty one is one."""
        return name not in self.variables

    def name(self) -> str:
        """Take a variable's name: digits, one special parameter, or letters, digits and `_`."""
        start = self.at
        if self.peek().isdecimal():
            while self.peek().isdecimal():
                self.at += 1
        elif self.peek() and self.peek() in SPECIAL:
            self.at += 1
        else:
            while self.peek().isalnum() or self.peek() == "_":
                self.at += 1
        return self.text[start : self.at]

"""A command line becomes a call: `read(["run", "-it", "alpine", "sh"])` knows the verb, its words and its flags.

Docker's rules: combined shorts (`-it`, `-eA=B`, `-p8080:80`), `--flag value`, `--flag=value`, `--switch=false`, `--`.
Where a verb ends in somebody else's command line, the first positional ends hull's flags: from the image on, every
word is data, however it looks.
"""

import os
from collections.abc import Callable

from hull.commands._spellings import spelt
from hull.commands._verb import CONTEXT, Parameter, Verb, load, nearest_flag
from hull.contexts import chosen
from hull.errors import UserError
from hull.light import Any, NamedTuple

EVERY = "*"  # in the place of a context's name: all of them


class Call(NamedTuple):
    """A verb with its arguments. Calling it with a way to make an engine returns the verb's value.

    `output` is how to print the value, as hull.present takes it, where something was asked. A call for help has no verb
    and makes no engine. `context` is what --context named.
    """

    function: Callable[..., Any]
    words: tuple[Any, ...] = ()
    flags: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    output: str = ""
    verb: Verb | None = None
    context: str = ""

    @property
    def row(self) -> type | None:
        """The class of the rows this call prints, also where there are none; None where it prints no table."""
        return self.verb.row if self.verb and not self.flags.get("quiet") else None

    @property
    def elsewhere(self) -> str:
        """The context that it is for: --context, HULL_CONTEXT or what was chosen; "" this machine, EVERY for all."""
        if self.flags.get("all_contexts"):
            return EVERY
        return chosen.name(self.context) if self.verb else ""

    @staticmethod
    def starts(value: Any) -> bool:
        """Whether a verb's value is a prepared start (a Launch) rather than something to show."""
        return hasattr(value, "plan") and hasattr(value, "words")

    def __call__(self, engine: Callable[[], Any]) -> Any:
        """Run the verb."""
        made = None if self.verb is None or self.verb.engineless else engine()
        if made is not None and os.path.lexists(f"{made.paths.data}/kept/unfinished"):
            from hull.trials import journal_recovery

            journal_recovery.recover(made.paths.data, made.events)
        return self.function(made, *self.words, **self.flags)


def read(argv: list[str]) -> Call:
    """Return the call that a whole line, without the leading `hull`, asks for."""
    if argv[:1] and argv[0] in ("--argv", "--signal"):
        return _from_elsewhere(argv)
    context, argv = _leading(argv)
    if context:
        call = read(argv)
        return call if call.context else call._replace(context=context)
    name, rest = spelt(argv or ["--help"])
    if name == "help" and rest:
        name, rest = rest[0], ["--help"]
    if name in ("--help", "-h", "help"):
        from hull.commands._help import overview

        return Call(lambda _engine: overview())
    if name in ("--version", "-v", "-V"):
        name = "version"
    if name.startswith("-"):
        raise UserError(f"unknown flag {name}", "flags belong after a verb; hull --help lists the verbs")
    return parse(load(name), rest)


def _leading(argv: list[str]) -> tuple[str, list[str]]:
    """Return what --context names before the verb, and the line without it."""
    first = argv[0] if argv else ""
    if first.startswith(f"--{CONTEXT.name}="):
        return first.partition("=")[2], argv[1:]
    if first not in (f"--{CONTEXT.name}", "-c"):
        return "", argv
    if len(argv) == 1:
        raise UserError(f"the flag {first} needs a value", "hull --context NAME VERB; hull context ls lists them")
    return argv[1], argv[2:]


def _from_elsewhere(argv: list[str]) -> Call:
    """Return the call of a line that another machine's hull wrote."""
    from hull.commands import _carried

    if argv[0] == _carried.WORD and len(argv) == 2:  # noqa: PLR2004 (itself and its digits)
        return read(_carried.unpack(argv[1]))
    if argv[0] == _carried.SIGNAL and len(argv) == 3:  # noqa: PLR2004 (itself, whose, which)
        return Call(lambda _engine: _carried.signal(argv[1], argv[2]))
    raise UserError(f"cannot read {argv[0]}", "another hull writes it")


def parse(verb: Verb, argv: list[str]) -> Call:
    """Return the call of one verb."""
    values: dict[str, Any] = {}
    words: list[str] = []
    position = 0
    while position < len(argv):
        word = argv[position]
        position += 1
        if word == "--":
            words += argv[position:]
            break
        if word == "-" or not word.startswith("-"):
            words.append(word)
            if verb.rest:
                words += argv[position:]
                break
        elif word == "--help" or (word == "-h" and verb.short("h") is None):
            from hull.commands._help import manual

            return Call(lambda _engine: manual(verb))
        else:
            position += _flag(verb, word, argv[position:], values, words[0] if words else "")
    return _call(verb, words, values)


def _flag(verb: Verb, word: str, following: list[str], values: dict[str, Any], first: str) -> int:
    """Take the flags of one word into `values`; return how many following words were theirs."""
    if not word.startswith("--"):
        return _shorts(verb, word[1:], following, values, first)
    name, equals, text = word[2:].partition("=")
    found = verb.long(name)
    if found is None:
        raise _unknown(verb, f"--{name}")
    flag, positive = found
    if flag.kind is bool:
        values[flag.name] = (flag.read(text, f"--{name}", verb.name) if equals else True) is positive
        return 0
    text, used = _value(verb, f"--{name}", text if equals else None, following)
    _store(flag, flag.read(text, f"--{name}", verb.name), values)
    return used


def _shorts(verb: Verb, letters: str, following: list[str], values: dict[str, Any], first: str) -> int:
    for at, letter in enumerate(letters, 1):
        flag, label, tail = verb.short(letter, first), f"-{letter}", letters[at:]
        if flag is None:
            raise _unknown(verb, label if len(letters) == 1 else f"{label} in -{letters}")
        if flag.kind is not bool:
            text, used = _value(verb, label, tail.removeprefix("=") if tail else None, following)
            _store(flag, flag.read(text, label, verb.name), values)
            return used
        if tail.startswith("="):
            values[flag.name] = flag.read(tail[1:], label, verb.name)
            return 0
        values[flag.name] = True
    return 0


def _value(verb: Verb, label: str, text: str | None, following: list[str]) -> tuple[str, int]:
    if text is not None:
        return text, 0
    if not following:
        raise UserError(f"the flag {label} needs a value", f"hull {verb.name} --help")
    return following[0], 1


def _store(flag: Parameter, value: Any, values: dict[str, Any]) -> None:
    values[flag.name] = (*values.get(flag.name, ()), value) if flag.many else value


def _call(verb: Verb, words: list[str], values: dict[str, Any]) -> Call:
    context = values.pop(CONTEXT.name, "")
    output = _output(verb, values) if verb.shaped else ""
    for flag in verb.flags:
        if flag.required and flag.name not in values:
            raise UserError(f"hull {verb.name} needs --{flag.longs[0]}", f"hull {verb.name} --help")
    return Call(verb.function, _positionals(verb, words), values, output, verb, context)


def _output(verb: Verb, values: dict[str, Any]) -> str:
    """Take --format and --json out of the values; return how to print. A template prints rows, also with --quiet."""
    shape, json = str(values.pop("format", "")), values.pop("json", False)
    if json or shape in ("", "table"):
        return "json" if json else ""
    if shape == "json":
        shape = "compact" if verb.documents else "{{json .}}"
    if shape != "compact":
        from hull.template import parse

        mentioned = parse(shape).names()
        if "Size" in mentioned and any(flag.name == "size" for flag in verb.flags):
            values["size"] = True
    values.pop("quiet", None)
    return shape


def _positionals(verb: Verb, words: list[str]) -> tuple[Any, ...]:
    taken: list[Any] = []
    for word in verb.words:
        label = word.about.metavar or word.name.upper()
        if word.many:
            got = tuple(word.read(text, label, verb.name) for text in words)
            words = []
            if got or not word.required:
                taken.append(got or word.default)
                continue
        elif words:
            taken.append(word.read(words.pop(0), label, verb.name))
            continue
        elif not word.required:
            taken.append(word.default)
            continue
        raise UserError(f"hull {verb.name} needs {label}", _usage(verb))
    if words:
        raise UserError(f"hull {verb.name} does not take {words[0]!r}", _usage(verb))
    return tuple(taken)


def _usage(verb: Verb) -> str:
    from hull.commands._help import usage

    return f"usage: {usage(verb)}"


def _unknown(verb: Verb, flag: str) -> UserError:
    return UserError(f"unknown flag {flag} of hull {verb.name}", f"{nearest_flag(verb, flag)}hull {verb.name} --help")

"""One definition of a verb gives its flags, help and completion in every front: the function's own signature.

A verb is `def NAME(engine, positional…, *, flag…)` in `hull/commands/NAME.py` (`import_` for the keyword). Each
parameter is annotated `Annotated[type, Flag(…)]` or `Annotated[type, Word(…)]`; types are bool (a switch), str, int,
float, `X | None`, and tuple[str, ...] (repeatable flag, or as the last positional: the rest of the line). A verb whose
engine is annotated None runs without one. Verbs return values, never print; one that is annotated to return a list of
named tuples prints a table, one that returns a list of dicts documents: both gain --format and --json, and hull.tables
says what a row's class may add for Docker's placeholders. Annotations are read at run time: no `from __future__
import annotations` there.

A verb that `takes` another function's flags has them, too, and passes its `**flags` to it: one definition for run and
create.
"""

from collections.abc import Callable

from hull.commands import VERBS
from hull.errors import Bug, UserError
from hull.light import Any, NamedTuple


class Flag(NamedTuple):
    """A keyword-only parameter. `complete` names what its value is: a kind of hull.commands._complete_values.

    `long` replaces the name derived from the parameter; `aliases` are accepted, not shown. `after` are first words of
    the verb that give the flag the letter in its `letter`, whose else it is: Docker's -f means many things.
    """

    help: str
    short: str = ""
    metavar: str = ""
    complete: str = ""
    choices: tuple[str, ...] = ()
    long: str = ""
    aliases: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    letter: str = ""


class Word(NamedTuple):
    """A positional parameter. With `rest`, everything from here on is data, `--` and options included."""

    help: str
    metavar: str = ""
    complete: str = ""
    rest: bool = False
    choices: tuple[str, ...] = ()


class Parameter(NamedTuple):
    """One derived parameter: `kind` is bool, str, int or float; `many` collects a tuple."""

    name: str
    kind: type
    many: bool
    required: bool
    default: Any
    about: Flag | Word

    @property
    def longs(self) -> tuple[str, ...]:
        """The flag's names after `--`, the shown one first."""
        derived = self.name.strip("_").replace("_", "-")
        return (self.about.long or derived, *self.about.aliases) if isinstance(self.about, Flag) else (derived,)

    @property
    def negatable(self) -> bool:
        """Whether `--no-NAME` exists: a switch that is on, or undecided, unless said."""
        return self.kind is bool and self.default is not False

    def read(self, text: str, label: str, verb: str) -> Any:
        """Return the value of `text`; `label` names the parameter in a refusal."""
        value = _SWITCH.get(text.lower()) if self.kind is bool else _number(self.kind, text)
        if value is None:
            asked = {bool: "true or false", int: "a whole number", float: "a number"}[self.kind]
            raise UserError(f"cannot take {text!r} for {label}: not {asked}", f"hull {verb} --help")
        if self.about.choices and text not in self.about.choices:
            raise UserError(f"cannot take {text!r} for {label}", f"use one of: {', '.join(self.about.choices)}")
        return value


# What tables and documents add to the verb that returns them; the front consumes them.
_SHAPE = "table, table TEMPLATE, json, or a Go template: {{.ID}}"
_JSON = Parameter("json", bool, False, False, False, Flag("print JSON, numbers and times as they are"))
_TABLE_FLAGS = (Parameter("format", str, False, False, "", Flag(f"how to print: {_SHAPE}", metavar="FORMAT")), _JSON)
_DOCUMENT_FLAGS = (
    Parameter("format", str, False, False, "", Flag("json, or a Go template: {{.State.Status}}", "f", "FORMAT")),
    _JSON,
)
# Of every verb that is not about this machine whatever is chosen; the front consumes it, too.
CONTEXT = Parameter("context", str, False, False, "", Flag("at another engine, of hull context ls", metavar="NAME"))
HERE = ("context", "completion", "init", "serve", "docker", "kernel", "login", "logout", "recipe")
_SWITCH = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}


class Verb(NamedTuple):
    """A verb as its signature tells it. `row` is the class of the table's rows, `documents` whether it returns dicts.

    `launches` is true where what it prepares becomes the program that the shell waits for.
    """

    name: str
    function: Callable[..., Any]
    words: tuple[Parameter, ...]
    flags: tuple[Parameter, ...]
    row: type | None
    documents: bool
    engineless: bool
    launches: bool

    @property
    def shaped(self) -> bool:
        """Whether the front prints the value as --format asks."""
        return self.row is not None or self.documents

    @property
    def rest(self) -> bool:
        """Whether flags end at the first positional, because a command line of somebody else's follows."""
        return bool(self.words) and isinstance(self.words[-1].about, Word) and self.words[-1].about.rest

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (self.function.__doc__ or "").strip().partition("\n")[0].rstrip(".")

    def long(self, name: str) -> tuple[Parameter, bool] | None:
        """Find `--name`; the second value is False for a `--no-` form."""
        for flag in self.flags:
            if name in flag.longs:
                return flag, True
        for flag in self.flags:
            if flag.negatable and name.startswith("no-") and name[3:] in flag.longs:
                return flag, False
        return (CONTEXT, True) if name == CONTEXT.name else None

    def short(self, letter: str, first: str = "") -> Parameter | None:
        """Find `-letter`, where the verb's first word is `first`."""
        known = [(flag, flag.about) for flag in self.flags if isinstance(flag.about, Flag)]
        own = next((flag for flag, about in known if about.letter == letter and first in about.after), None)
        return own or next((flag for flag, about in known if about.short == letter), None)


def load(name: str) -> Verb:
    """Import one verb and derive it. An unknown name is the user's error and names the nearest."""
    if name not in VERBS:
        raise UserError(f"unknown verb {name!r}", f"{_nearest(name, VERBS)}hull --help lists the verbs")
    module = __import__(f"hull.commands.{name}", fromlist=["*"])
    return derive(name, getattr(module, name, None) or getattr(module, f"{name}_"))


def derive(name: str, function: Callable[..., Any]) -> Verb:
    """Return the verb a function's signature describes."""
    code, hints = function.__code__, function.__annotations__
    count, total = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    first, *names = code.co_varnames[:count]
    defaults = dict(zip(names[::-1], (function.__defaults__ or ())[::-1], strict=False))
    words = tuple(_parameter(name, n, hints, defaults) for n in names)
    keywords = function.__kwdefaults__ or {}
    flags = tuple(_parameter(name, n, hints, keywords) for n in code.co_varnames[count:total])
    if hasattr(function, "takes"):
        flags = (*derive(name, function.takes).flags, *flags)
    made = hints.get("return")
    row, documents = _listed(made, "_fields"), _listed(made, "keys") is not None
    known = {flag.name for flag in flags}
    more = _TABLE_FLAGS if row else _DOCUMENT_FLAGS if documents else ()
    flags += tuple(flag for flag in more if flag.name not in known)
    return Verb(name, function, words, flags, row, documents, hints.get(first, "") is None, _launches(made))


def takes(source: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a verb with `**flags` take the flags of `source`, beside its own."""

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.takes = source  # type: ignore[attr-defined]
        return function

    return mark


def nearest_flag(verb: Verb, name: str) -> str:
    """Return a "did you mean" for a flag, or nothing."""
    return _nearest(name, ["--help", *(f"--{long}" for flag in verb.flags for long in flag.longs)])


def _parameter(verb: str, name: str, hints: dict[str, Any], defaults: dict[str, Any]) -> Parameter:
    hint = hints.get(name)
    about = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Flag | Word)), None)
    if about is None:
        raise Bug(f"the parameter {name} of {verb} has no Flag or Word", "annotate it, see hull/commands/_verb.py")
    asked: Any = hint.__origin__  # type: ignore[union-attr]
    many = getattr(asked, "__origin__", None) is tuple
    kinds = [k for k in getattr(asked, "__args__", (asked,)) if k in (bool, str, int, float)]
    if len(kinds) != 1:
        raise Bug(f"the parameter {name} of {verb} has a type no flag can have: {asked}", "see hull/commands/_verb.py")
    return Parameter(name, kinds[0], many, name not in defaults, defaults.get(name, () if many else None), about)


def _listed(hint: Any, mark: str) -> type | None:
    """Return the class with the attribute `mark` that a return annotation lists: `list[Row] | list[str]`."""
    if getattr(hint, "__origin__", None) is list:
        item: Any = hint.__args__[0]
        return getattr(item, "__origin__", item) if hasattr(item, mark) else None
    return next((found for part in getattr(hint, "__args__", ()) if (found := _listed(part, mark))), None)


def _launches(hint: Any) -> bool:
    return any("plan" in getattr(kind, "_fields", ()) for kind in (hint, *getattr(hint, "__args__", ())))


def _number(kind: type, text: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        return None


def _nearest(name: str, known: tuple[str, ...] | list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, 2)
    return f"did you mean {' or '.join(close)}? " if close else ""

"""What could come next on a line, for every shell: verbs, flags, choices, names that are here. Never asks a network.

A candidate is the whole word. Names come from images and containers, so what a terminal could obey is left out. It runs
where people type: nothing is waited for, nothing raised, nothing printed.
"""

import os
from collections.abc import Iterator

from hull.commands import VERBS
from hull.commands._complete_place import Line, Place, locate, short_of
from hull.commands._spellings import IMAGE_VERBS
from hull.commands._verb import CONTEXT, HERE, Parameter, load
from hull.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hull.commands._complete_here import Here
    from hull.commands._complete_programs import Inside, Programs
    from hull.commands._complete_values import Asked, Pairs

MOST = 5_000  # candidates; more help nobody
LEADING = (("--context",), ("-c",))  # before the verb
GOING_ON = ("/", ":", "=", ",")
CONTAINER_VERBS = (
    "attach", "commit", "cp", "create", "diff", "exec", "export", "inspect", "kill", "logs", "ls", "pause", "port",
    "prune", "rename", "restart", "rm", "run", "start", "stats", "stop", "top", "unpause", "update", "wait",
)  # fmt: skip
GROUPS = {
    "container": CONTAINER_VERBS,
    "image": tuple(sorted((*IMAGE_VERBS, "diff", "inspect", "ls", "prune", "rm"))),
}
# What the words of verbs with several meanings are, where their own annotation cannot tell: verb, action, position.
MEANINGS = {
    ("network", "create", 1): "", ("network", "connect", 2): "container", ("network", "disconnect", 2): "container",
    ("network", "ls", 1): "", ("network", "prune", 1): "", ("volume", "create", 1): "", ("volume", "ls", 1): "",
    ("volume", "prune", 1): "", ("volume", "import", 2): "path", ("image", "prune", 1): "",
}  # fmt: skip


class Candidate(NamedTuple):
    """One completion of the current word, whole, and what it is."""

    text: str
    about: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the word is not over: no space belongs after it."""
        return self.text.endswith(GOING_ON)


FILES = Candidate(":files", "the shell's own completion of file names")


class Completer:
    """Answers for one shell; what was looked up is kept from one key to the next."""

    def __init__(self) -> None:
        self._here: Here | None = None
        self._programs: Programs | None = None

    def __call__(self, line: Line, environ: dict[str, str]) -> list[Candidate]:
        """Return the completions of a line; FILES among them where a path of this machine may stand."""
        try:
            return list(_shown(self._found(line, environ), line.prefix))
        except Exception:  # noqa: BLE001 (a key was pressed: whatever is wrong, the verb will say)
            return []

    def inside(self, container: str, line: Line, workdir: str, environ: dict[str, str]) -> list[Candidate]:
        """Return the completions of a command line that a container will run: its programs, then its files."""
        try:
            from hull.commands import _complete_inside

            found = _complete_inside.of_container(self._look(environ), container)
            if found is None:
                return []
            asked = self._inside(found._replace(workdir=workdir or found.workdir), len(line.before), line.prefix)
            return list(_shown(asked, line.prefix))
        except Exception:  # noqa: BLE001 (as above)
            return []

    def close(self) -> None:
        """Let go of the database."""
        if self._here is not None:
            self._here.close()
        self._here = self._programs = None

    def _look(self, environ: dict[str, str]) -> "Here":
        if self._here is None:
            from hull.commands._complete_here import Here

            self._here = Here()
        self._here.look(environ)
        return self._here

    def _known(self) -> "Programs":
        if self._programs is None:
            from hull.commands._complete_programs import Programs

            self._programs = Programs()
        return self._programs

    def _found(self, line: Line, environ: dict[str, str]) -> "Pairs":
        if line.before[:1] in LEADING:
            from hull.commands import _complete_contexts

            if len(line.before) == 1:
                return _complete_contexts.names(environ)
            line = line._replace(before=line.before[2:])
        if not line.before or line.before == ("help",):
            return _verbs(first=not line.before)
        if len(line.before) == 1 and line.before[0] in GROUPS and not line.prefix.startswith("-"):
            return _group(line.before[0])
        place = locate(line)
        return iter(()) if place is None else self._at(place, line.prefix, environ)

    def _at(self, place: Place, prefix: str, environ: dict[str, str]) -> "Pairs":
        flag, equals, value = prefix.partition("=")
        if place.pending is not None:
            return self._values(place, place.pending, prefix, environ)
        if place.flags and prefix.startswith("-") and not equals:
            return _flags(place)
        if place.flags and flag.startswith("-"):
            found = place.verb.long(flag[2:]) if flag.startswith("--") else None
            return self._after_equals(place, found[0], flag, value, environ) if found else iter(())
        if place.in_command:
            return self._command(place, prefix, environ)
        return iter(()) if place.word is None else self._values(place, place.word, prefix, environ)

    def _after_equals(
        self, place: Place, parameter: Parameter, flag: str, value: str, environ: dict[str, str]
    ) -> "Pairs":
        for text, about in self._values(place, parameter, value, environ):
            yield (text, about) if text == FILES.text else (f"{flag}={text}", about)

    def _values(self, place: Place, parameter: Parameter, prefix: str, environ: dict[str, str]) -> "Pairs":
        from hull.commands import _complete_values

        if parameter is place.word and place.pending is None and place.action:
            meant = MEANINGS.get((place.verb.name, place.action, len(place.words)))
            if meant == "":
                return iter(())
            if meant is not None:
                parameter = parameter._replace(about=parameter.about._replace(complete=meant))
        if not parameter.about.choices and parameter.about.complete == "path":
            return iter([(FILES.text, FILES.about)])
        return _complete_values.values(self._asked(place, prefix, environ), parameter)

    def _asked(self, place: Place, prefix: str, environ: dict[str, str]) -> "Asked":
        from hull.commands._complete_values import Asked

        return Asked(place, prefix, self._look(environ), self._known)

    def _command(self, place: Place, prefix: str, environ: dict[str, str]) -> "Pairs":
        """Complete the command of run or exec by what its image or container holds."""
        asked = self._asked(place, prefix, environ)
        inside = asked.subject()
        if inside is None:
            return iter([(FILES.text, FILES.about)])
        if "workdir" in place.given:
            inside = inside._replace(workdir=place.given["workdir"][-1])
        return self._inside(inside, len(place.words) - len(place.verb.words) + 1, prefix)

    def _inside(self, inside: "Inside", count: int, prefix: str) -> "Pairs":
        from hull.commands import _complete_inside

        assert self._here is not None  # noqa: S101 (whoever found the inside looked)
        if count == 0:
            yield from _complete_inside.programs(self._here, self._known(), inside, prefix)
            return
        head, equals, path = prefix.partition("=") if prefix.startswith("-") else ("", "", prefix)
        if prefix.startswith("-") and not equals:
            return
        yield from ((f"{head}{equals}{found}", about) for found, about in _complete_inside.paths(inside, path))


def _shown(found: "Pairs", prefix: str) -> Iterator[Candidate]:
    """Leave out what does not begin so and what is not one printable word."""
    count, seen = 0, set[str]()
    for text, about in found:
        if text == FILES.text:
            yield FILES
        elif text.startswith(prefix) and text.isprintable() and text not in seen:
            seen.add(text)
            count += 1
            if count > MOST:
                return
            yield Candidate(text, about if about.isprintable() else "")


def _verbs(*, first: bool) -> "Pairs":
    for name in VERBS:
        yield name, summary(name)
    if first:
        yield "--help", "list the verbs"
        yield "--context", CONTEXT.about.help


def _group(name: str) -> "Pairs":
    spelt = {"ls": "ps", "list": "ps"} if name == "container" else {"ls": "images", "rm": "rmi"}
    own = load(name) if name in VERBS else None
    for word in GROUPS[name]:
        verb = spelt.get(word, word)
        mine = own is not None and word in own.words[0].about.choices
        yield word, own.summary if mine and own else summary(verb)


def summary(name: str) -> str:
    """Return what load(name).summary is, read off the source: to import every verb takes a quarter of a second."""
    file = f"{os.path.dirname(__file__)}/{name}.py"
    try:
        with open(file, encoding="utf-8") as source:
            text = source.read()
        body = text[max(text.index(f"\ndef {name}{mark}(") for mark in ("", "_") if f"\ndef {name}{mark}(" in text) :]
        return body.split('"""', 2)[1].partition("\n")[0].strip().rstrip(".")
    except (OSError, ValueError, IndexError):
        return load(name).summary


def _flags(place: Place) -> "Pairs":
    """Yield the flags that may still be given, those of the verb's first word where it says whose they are."""
    first = place.words[0] if place.words else ""
    actions = place.verb.words[0].about.choices if place.verb.words else ()
    for flag in place.verb.flags:
        if flag.name in place.given and not flag.many:
            continue
        about = _about(flag.about.help, place.action, actions)
        if about is None:
            continue
        yield f"--{flag.longs[0]}", about
        if letter := short_of(flag, first):
            yield f"-{letter}", about
        if flag.negatable:
            yield f"--no-{flag.longs[0]}", f"not: {about}"
    yield "--help", "say more of this verb"
    if place.verb.name not in HERE and CONTEXT.name not in place.given:
        yield "--context", CONTEXT.about.help


def _about(text: str, action: str, actions: tuple[str, ...]) -> str | None:
    """Return what a flag's help says to one meaning of a verb: `create: …; rm, prune: …`; None if it is not its."""
    kept: list[str] = []
    mine = True
    for at, part in enumerate(text.split("; ")):
        whose, colon, what = part.partition(": ")
        prefixed = bool(colon) and all(name in actions for name in whose.split(", "))
        if not action or (at == 0 and not prefixed):
            return text
        mine = action in whose.split(", ") if prefixed else mine  # what names nobody goes on with the last one's
        kept += [what if prefixed else part] if mine else []
    return "; ".join(kept) or None

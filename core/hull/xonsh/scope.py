"""One entered container, as a shell that is in it sees it."""

import os
import shlex

from hull.light import TYPE_CHECKING, Any
from hull.xonsh.words import Word, expand

if TYPE_CHECKING:
    from hull.commands._entered import Entered

USUAL = ("0read", "1write", "1append")  # streams that a redirection need not number
ALWAYS = ("TERM", "COLORTERM", "NO_COLOR")
# What is this machine's by its meaning: never passed on only because it changed here.
OWN = frozenset((
    "PATH", "HOME", "PWD", "OLDPWD", "SHELL", "USER", "LOGNAME", "HOSTNAME", "SHLVL", "TMPDIR", "LANG", "COLUMNS",
    "LINES", "HULL_CONTAINER", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LAST_RETURN_CODE", "PROMPT", "TITLE",
    "_", "__ALIAS_STACK", "__ALIAS_NAME",
))  # fmt: skip


class Scope:
    """The container, the directory in it, and what the shell's variables were when it was entered.

    `block` is whether a with statement holds it: it ends with that, not by `exit`.
    """

    def __init__(self, entered: "Entered", environ: dict[str, str], workdir: str = "", *, block: bool = False) -> None:
        self.entered = entered
        self.block = block
        self.key = entered.row.id
        self.name = entered.row.name
        self.directory, self.home = entered.where(workdir)
        self.last = ""
        self.stack: list[str] = []
        self.leaving = False
        self._before = environ
        self._inside = entered.environment()

    def changes(self, environ: dict[str, str], said: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the variables that were set in the shell since it is in here; `said` were set for this one command."""
        return {
            name: value
            for name, value in environ.items()
            if name in said
            or (self._before.get(name) != value and name not in OWN and not name.startswith(("XONSH", "LC_")))
        }

    def passed(self, environ: dict[str, str]) -> dict[str, str]:
        """Return what every command gets beside that: the terminal's kind, and where it is."""
        known = {name: environ[name] for name in ALWAYS if environ.get(name)}
        place = {"PWD": self.directory, **({"OLDPWD": self.last} if self.last else {})}
        return {**known, **place}

    def text(self, word: str, environ: dict[str, str]) -> str:
        """Return what a word means inside."""
        if not isinstance(word, Word):
            return word

        def variable(name: str) -> str | None:
            places = {"PWD": self.directory, "OLDPWD": self.last or None, "HOME": self.home}
            if name in places:
                return places[name]
            changed = self.changes(environ)
            return changed.get(name, self._inside.get(name, None if name in OWN else environ.get(name)))

        return expand(word.raw, variable, self.home)

    def step(self, word: str, environ: dict[str, str], *, hidden: bool) -> tuple[str, ...]:
        """Return the op that is this argument."""
        text = self.text(word, environ)
        if isinstance(word, Word) and word.search is not None and not word.glob:
            from xonsh.tools import XonshError

            raise XonshError(f"hull: cannot look for `{word}` inside {self.name}: only * is; @(…) is Python, and here")
        if isinstance(word, Word) and word.glob:
            return ("glob", "hidden" if hidden else "", text)
        return ("arg", text)

    def go(self, steps: tuple[tuple[str, ...], ...]) -> None:
        """Change the directory to the one that an argument names, as the program's user finds it."""
        found, _ = self.entered.where(self.directory, steps)
        self.last, self.directory = self.directory, found

    def knows(self, name: str) -> bool:
        """Whether a command is one inside, as far as can be told without asking there."""
        path = [self.directory] if "/" in name else self._inside["PATH"].split(":")
        return self.entered.has(path, name)

    def shown(self) -> str:
        """Return the directory for a prompt: HOME is ~."""
        home, here = self.home.rstrip("/"), self.directory
        return f"~{here[len(home) :]}" if home and (here == home or here.startswith(f"{home}/")) else here


def noted(steps: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return a command as a recipe tells it: with patterns and redirections it is a line for sh."""
    if all(step[0] == "arg" for step in steps):
        return tuple(step[1] for step in steps)
    words = [shlex.quote(step[1]) if step[0] == "arg" else _pattern(step[2]) for step in steps if step[0] != "stream"]
    signs = {"read": "<", "write": ">", "append": ">>", "same": ">&"}
    streams = [f"{'' if fd + how in USUAL else fd}{signs[how]}{shlex.quote(path)}"
               for op, fd, how, path in (step for step in steps if step[0] == "stream")]  # fmt: skip
    return ("sh", "-c", " ".join([*words, *streams]))


def _pattern(text: str) -> str:
    return "".join(sign if sign in "*?[]" else shlex.quote(sign) if not sign.isalnum() else sign for sign in text)


def environ_of(shell: Any, more: dict[str, Any] | None = None) -> dict[str, str]:
    """Return the shell's variables as a command would see them, with those set for one command."""
    if not more:
        return dict(shell.env.detype())
    with shell.env.swap(more) as env:
        return dict(env.detype())


def pairs(variables: dict[str, str]) -> tuple[str, ...]:
    """Return them as NAME=VALUE."""
    return tuple(f"{name}={os.fsdecode(value)}" for name, value in variables.items())

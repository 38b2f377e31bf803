"""Completion in xonsh: of hull's own lines, in the middle of a word and in quotes, too.

Runs on the shell's own thread while somebody types: it answers from what is here, raises nothing and prints nothing.
"""

import itertools
from collections.abc import Callable, Iterator

from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hull.commands._complete import Candidate, Completer

NAME, INSIDE = "hull", "hull-inside"
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,~")


class Completing:
    """What completes hull's lines in one shell, and every command's where a container is entered.

    `entered` returns the container's id and the directory in it, None for this machine.
    """

    def __init__(self, shell: Any, entered: Callable[[], tuple[str, str] | None]) -> None:
        self._shell = shell
        self._entered = entered
        self._completer: Completer | None = None
        self._bindings: Any = None
        self._key: Callable[..., None] | None = None

    def handler(self) -> Callable[..., None]:
        """Return the on_pre_prompt handler that has hull asked before xonsh's own completers.

        These leave the middle of a word out. A script has no prompt and pays nothing.
        """

        def begin(**_: Any) -> None:
            completers = self._shell.completers
            if NAME not in completers:
                others = dict(completers)
                completers.clear()
                completers.update({NAME: self._contextual(), INSIDE: self._contextual_inside(), **others})
                self._bind()

        return begin

    def _bind(self) -> None:
        """Let a key ask the registry, where prompt_toolkit reads the keys."""
        self._bindings = getattr(getattr(self._shell.shell, "shell", None), "key_bindings", None)
        if self._bindings is not None:
            from hull import paths
            from hull.commands import _complete_remote

            self._key = _complete_remote.bind(self._bindings, lambda: paths.find(self.environ()))

    def close(self) -> None:
        """Be asked no more, and let go of the database."""
        for name in (NAME, INSIDE):
            self._shell.completers.pop(name, None)
        if self._key is not None:
            self._bindings.remove(self._key)
            self._key = None
        if self._completer is not None:
            self._completer.close()
            self._completer = None

    def completer(self) -> "Completer":
        """Return what finds the words, made when first needed."""
        if self._completer is None:
            from hull.commands._complete import Completer

            self._completer = Completer()
        return self._completer

    def environ(self) -> dict[str, str]:
        """Return the shell's variables, as a command would see them."""
        return dict(self._shell.env.detype())

    def complete(self, command: Any) -> Iterator[Any]:
        """Yield the completions of a command of hull's."""
        from hull.commands._complete_place import Line

        words = [word.value for word in command.args]
        line = Line(tuple(words[1 : command.arg_index]), command.prefix, tuple(words[command.arg_index :]))
        return itertools.islice(offered(self.completer()(line, self.environ()), command), self._most())

    def _contextual(self) -> Any:
        from xonsh.completers.tools import contextual_command_completer_for

        @contextual_command_completer_for(NAME)  # type: ignore[untyped-decorator]
        def complete_hull(command: Any) -> Any:
            """Complete hull's verbs, flags and names."""
            found = list(self.complete(command))
            return (found, True) if found else None

        return complete_hull

    def inside(self, command: Any) -> Iterator[Any]:
        """Yield the completions of a command that the entered container will run: its programs, then its files."""
        from hull.commands._complete_place import Line

        place, words = self._entered(), [word.value for word in command.args]
        first = words[0] if words and command.arg_index else ""
        if place is None or first == NAME or first.startswith("@") or command.prefix.startswith(("$", "@", "~")):
            return iter(())
        line = Line(tuple(words[: command.arg_index]), command.prefix)
        found = self.completer().inside(place[0], line, place[1], self.environ())
        if first in ("cd", "pushd"):
            found = [one for one in found if one.goes_on]
        return itertools.islice(offered(found, command), self._most())

    def _most(self) -> int | None:
        """Return how many candidates xonsh takes without printing a line about them."""
        return max((self._shell.env.get("COMPLETION_QUERY_LIMIT") or 0) - 1, 0) or None

    def _contextual_inside(self) -> Any:
        from xonsh.completers.tools import contextual_command_completer

        @contextual_command_completer  # type: ignore[untyped-decorator]
        def complete_inside(command: Any) -> Any:
            """Complete the programs and files of the entered container."""
            found = list(self.inside(command))
            return (found, True) if found else None

        return complete_inside


def offered(found: "list[Candidate]", command: Any) -> Iterator[Any]:
    """Yield candidates as xonsh's, quoted where they must be; in the middle of a word those that fit what follows."""
    from xonsh.completers.tools import RichCompletion

    from hull.commands._complete import FILES

    length, suffix = len(command.raw_prefix), command.suffix
    least = len(command.prefix) + len(suffix)
    fits = [one for one in found if suffix and one.text.endswith(suffix) and len(one.text) >= least]
    for one in fits or found:
        if one is FILES:
            yield from _files(command)
            continue
        text = one.text[: len(one.text) - len(suffix)] if fits else one.text
        yield RichCompletion(
            _typed(text, command),
            display=one.text if text != one.text else None,
            description=one.about,
            append_space=not (one.goes_on or suffix),
            append_closing_quote=False,
            prefix_len=length,
        )


def _typed(text: str, command: Any) -> str:
    """Return a word as it is typed here."""
    if command.opening_quote:
        closing = command.closing_quote or command.opening_quote.lstrip("rRfFpPbBgG`")
        return f"{command.opening_quote}{text}{closing}" if not command.suffix else f"{command.opening_quote}{text}"
    return text if PLAIN.issuperset(text) or (text.isalnum() and text.isprintable()) else repr(text)


def _files(command: Any) -> Iterator[Any]:
    """Yield xonsh's own completions of a path of this machine."""
    from xonsh.completers.path import contextual_complete_path
    from xonsh.completers.tools import RichCompletion

    paths, length = contextual_complete_path(command, cdpath=False) or ((), 0)
    for path in paths:
        kept = path if isinstance(path, RichCompletion) else RichCompletion(path)
        yield kept if kept.prefix_len is not None else kept.replace(prefix_len=length)

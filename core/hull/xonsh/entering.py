"""Where a command of the shell runs: in the entered container, on this machine (`@host`), in `@hull:IMAGE`.

Decided when xonsh builds a command: redirections and decorators can be told apart by then, and it has not looked for
the program here yet. So pipelines, `$(…)`, loops and programs that this machine lacks need nothing of their own.
"""

import sys

from hull.light import TYPE_CHECKING, Any
from hull.xonsh.scopes import Scopes
from hull.xonsh.words import Expanding, on_host

if TYPE_CHECKING:
    from hull.xonsh.looks import Looks
    from hull.xonsh.scope import Scope

HOST = "@host"
IMAGE = "@hull:"
SHELLS_OWN = frozenset(("xpip", "xpython", "xxonsh"))  # lists that are about the shell itself
PROGRAMS = frozenset(("which",))  # the shell's own looks on this machine
REFUSED = frozenset(("exec", "xexec"))


class Entering:
    """The hook in one shell. It is there from loading on for `@hull:`; the rest only while a container is entered."""

    def __init__(self, hull: Any) -> None:
        from xonsh.procs.specs import SubprocSpec

        self._hull = hull
        self.scopes = Scopes(hull, self._changed)
        self._expanding: Expanding | None = None
        self._looks: Looks | None = None
        self._spec = SubprocSpec
        self._own = own = SubprocSpec.resolve_decorators

        def resolve_decorators(spec: Any) -> None:
            self.route(spec)
            own(spec)

        SubprocSpec.resolve_decorators = self._hook = resolve_decorators

    def close(self) -> None:
        """Leave every container and take the hook away."""
        self.scopes.close()
        if self._spec.resolve_decorators is self._hook:
            self._spec.resolve_decorators = self._own

    def enter(self, call: Any) -> Any:
        """Do what `hull enter` asks, and say what leaving will do. Return what is left to be shown: nothing."""
        scope = self.scopes.enter(call.words[0], dict(call.flags))
        sys.stderr.write(f"{scope.entered.promise()}\n")
        return []

    def here(self) -> tuple[str, str] | None:
        """Return the id of the entered container and the directory in it; None: commands run on this machine."""
        scope = self.scopes.current()
        return None if scope is None else (scope.key, scope.directory)

    def _changed(self, inside: bool) -> None:
        if inside and self._expanding is None:
            from hull.xonsh.looks import Looks

            self._expanding = Expanding(self._hull.shell, lambda: self.scopes.current() is not None)
            self._looks = Looks(self._hull.shell, self.scopes)
        elif not inside and self._expanding is not None:
            for replaced in (self._expanding, self._looks):
                if replaced is not None:
                    replaced.close()
            self._expanding = self._looks = None
        elif self._looks is not None:
            self._looks.forget()

    def route(self, spec: Any) -> None:
        """Decide where a command runs and put what runs there in its place."""
        words = spec.cmd
        scope = self.scopes.current()
        if not words or (scope is None and not (isinstance(words[0], str) and words[0].startswith("@"))):
            return
        marks, place, rest = self._decorators(words)
        if place == "" and scope is None:
            return
        if not rest:
            from xonsh.tools import XonshError

            raise XonshError(f"hull: {words[0]} needs a command: {words[0]} COMMAND [ARG…]")
        flat = [one for word in rest for one in (word if isinstance(word, list) else [word])]
        redirects = [one for one in flat if isinstance(one, tuple)]
        command = [one for one in flat if not isinstance(one, tuple)]
        if place == HOST:
            spec.cmd = [*marks, *_here(command), *map(_file_here, redirects)]
        elif place:
            from hull.xonsh.throwaway import start

            spec.cmd = [*marks, *start(self._hull, spec, place, _here(command)), *map(_file_here, redirects)]
        elif scope is not None:
            spec.cmd = [*marks, *self._inside(scope, spec, command, redirects)]

    def _decorators(self, words: list[Any]) -> tuple[list[Any], str, list[Any]]:
        """Split what stands before a command: xonsh's own decorators, the last place that is named, the rest."""
        from xonsh.procs.specs import DecoratorAlias

        aliases, marks, place = self._hull.shell.aliases, [], ""
        for number, word in enumerate(words):
            if isinstance(word, str) and word == HOST:
                place = HOST
            elif isinstance(word, str) and word.startswith(IMAGE) and word != IMAGE:
                place = str(word).removeprefix(IMAGE)
            elif isinstance(word, str) and word in aliases and isinstance(aliases[word], DecoratorAlias):
                marks.append(word)
            else:
                return marks, place, words[number:]
        return marks, place, []

    def _inside(self, scope: "Scope", spec: Any, command: list[Any], redirects: list[tuple[Any, ...]]) -> list[Any]:
        from hull.xonsh import redirecting
        from hull.xonsh.inside import start
        from hull.xonsh.places import places

        own = places(self.scopes, scope)
        words = self._plain(command, own)
        if words is None or callable(command[0]) or command[0] in self._hull.shell.aliases:
            words = command if words is None else words
            if callable(words[0]) or words[0] in own or self._is_shells(words[0]):
                _refuse(words[0], scope, redirecting.files(redirects))
                head = own.get(words[0], words[0]) if isinstance(words[0], str) else words[0]
                kept = words[1:] if words[0] in own else _here(words[1:])
                return [head, *kept, *redirects]
        return start(self._hull, self.scopes, scope, spec, words, redirects)

    def _is_shells(self, name: Any) -> bool:
        """Whether an alias is code of the shell: that can only run here. What it runs in turn goes inside."""
        raw = self._hull.shell.aliases
        return isinstance(name, str) and (
            name in SHELLS_OWN or (name in raw and callable(raw[name]) and name not in PROGRAMS)
        )

    def _plain(self, command: list[Any], own: dict[str, Any]) -> list[Any] | None:
        """Follow aliases that are words to the shell's own (`..` is `cd ..`); any other alias is this machine's."""
        aliases, words, seen = self._hull.shell.aliases, command, set()
        while isinstance(words[0], str) and words[0] in aliases and words[0] not in seen:
            seen.add(words[0])
            made = aliases[words[0]]
            if words[0] in own or not isinstance(made, list) or not all(isinstance(one, str) for one in made):
                break
            words = [*made, *words[1:]]
        return words if words[0] in own or self._is_shells(words[0]) else command


def _here(words: list[Any]) -> list[Any]:
    return [one for word in words for one in on_host(word)]


def _file_here(redirect: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_here([one])[0] if isinstance(one, str) else one for one in redirect)


def _refuse(name: Any, scope: "Scope", files: list[Any]) -> None:
    """Refuse what would do something on this machine that somebody inside does not expect."""
    from xonsh.tools import XonshError

    shown = name if isinstance(name, str) else getattr(name, "__name__", "this")
    if shown in REFUSED:
        raise XonshError(f"hull: cannot {shown} inside {scope.name}: it would replace this shell; exit first")
    if files:
        raise XonshError(
            f"hull: cannot redirect {shown} to a file inside {scope.name}: it is this shell's own"
            f" (@host {shown} … writes a file of this machine)"
        )

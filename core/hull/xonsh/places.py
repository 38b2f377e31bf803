"""What the shell itself does while it is in a container: cd and its like go there, exit comes out."""

from collections.abc import Callable

from hull.errors import HullError
from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hull.xonsh.scope import Scope
    from hull.xonsh.scopes import Scopes

Answer = tuple[str | None, str | None, int]
DONE: Answer = (None, None, 0)


class Places:
    """cd, pushd, popd, dirs and exit of one scope."""

    def __init__(self, scopes: "Scopes", scope: "Scope") -> None:
        self._scopes = scopes
        self._scope = scope

    def cd(self, args: list[Any], _stdin: Any = None) -> Answer:
        """Change the directory inside."""
        words = [arg for arg in args if arg != "-P"]
        if len(words) > 1:
            return None, f"cd takes 0 or 1 arguments, not {len(words)}\n", 1
        if words == ["-"] and not self._scope.last:
            return None, "cd: no previous directory stored\n", 1
        step = ("arg", self._scope.home) if not words else ("arg", self._scope.last) if words == ["-"] else words[0]
        return self._go(step)

    def pushd(self, args: list[Any], _stdin: Any = None) -> Answer:
        """Change the directory inside, and remember this one; without one, take the two in turn."""
        here, stack = self._scope.directory, self._scope.stack
        if len(args) > 1 or (args and str(args[0])[:1] in "+-" and str(args[0])[1:].isdigit()):
            return None, "pushd: inside a container it takes a directory, or nothing\n", 1
        if not args and not stack:
            return None, "pushd: no other directory\n", 1
        answer = self._go(args[0] if args else ("arg", stack[0]))
        if answer[2] == 0:
            self._scope.stack = [here, *(stack if args else stack[1:])]
            return self.dirs([])
        return answer

    def popd(self, args: list[Any], _stdin: Any = None) -> Answer:
        """Go back to the directory that was remembered last."""
        if args or not self._scope.stack:
            return None, "popd: directory stack empty\n" if not args else "popd: takes nothing inside\n", 1
        answer = self._go(("arg", self._scope.stack[0]))
        if answer[2] == 0:
            del self._scope.stack[0]
            return self.dirs([])
        return answer

    def dirs(self, _args: list[Any], _stdin: Any = None) -> Answer:
        """Show this directory and those remembered."""
        return " ".join([self._scope.directory, *self._scope.stack]) + "\n", None, 0

    def exit(self, _args: list[Any], _stdin: Any = None) -> Answer:
        """Come out; the shell goes on."""
        told = self._scopes.leave(self._scope)
        return (None, f"{told}\n", 0) if told else DONE

    def _go(self, word: Any) -> Answer:
        from hull.xonsh.scope import environ_of

        shell = self._scopes.shell
        try:
            environ = environ_of(shell)
            step = word if isinstance(word, tuple) else self._scope.step(word, environ, hidden=False)
            self._scope.go((step,))
        except HullError as error:
            if not self._scope.entered.alive:
                return None, f"{self._scopes.gone(self._scope)}\n", 1
            return None, f"cd: {error.message.removeprefix('cannot change to ')}\n", 1
        return DONE


def places(scopes: "Scopes", scope: "Scope") -> dict[str, Callable[..., Any]]:
    """Return the shell's commands that mean the container while it is entered."""
    made = Places(scopes, scope)
    found: dict[str, Callable[..., Any]] = {"cd": made.cd, "pushd": made.pushd, "popd": made.popd, "dirs": made.dirs}
    if not scope.block:
        found |= dict.fromkeys(("exit", "quit", "EOF"), made.exit)
    return found

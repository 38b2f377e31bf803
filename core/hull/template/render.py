"""A tree and a value become text."""

from collections.abc import Callable, Iterator

from hull.light import TYPE_CHECKING, Any
from hull.template.functions import FUNCTIONS, Misuse, truth
from hull.template.lexer import refusal
from hull.template.values import NOTHING, NoValue, text

if TYPE_CHECKING:
    from hull.template.parser import Node


Scope = list[tuple[str, Any]]


class Stop(Exception):  # noqa: N818 (not an error: a loop's break or continue)
    """Leave the body of a range."""


class Template:
    """A parsed template; `render` never changes it."""

    def __init__(self, source: str, body: "list[Node]") -> None:
        self._source = source
        self._body = body

    def render(self, data: Any, functions: dict[str, Callable[..., Any]] | None = None) -> str:
        """Return the text for one value; `functions` replace those of the same name."""
        run = _Run(self._source, {**FUNCTIONS, **(functions or {})})
        run.walk(self._body, data, [("$", data)])
        return "".join(run.written)

    def names(self) -> set[str]:
        """Return the fields of the whole value that the template mentions at its top level or below: what to make."""
        return set(_fields(self._body))


class _Run:
    """One rendering. Variables are a list of (name, value), the innermost last."""

    def __init__(self, source: str, functions: dict[str, Callable[..., Any]]) -> None:
        self.written: list[str] = []
        self._source = source
        self._functions = functions

    def walk(self, nodes: "list[Node]", dot: Any, scope: Scope) -> None:
        mark = len(scope)
        try:
            for node in nodes:
                self._node(node, dot, scope)
        finally:
            del scope[mark:]

    def _node(self, node: "Node", dot: Any, scope: Scope) -> None:
        kind = node.kind
        if kind == "text":
            self.written.append(node.parts[0])
        elif kind == "action":
            value = self._pipe(node.parts[0], dot, scope)
            if not node.parts[0].parts[0]:
                self.written.append("<no value>" if value is None else text(value))
        elif kind in ("if", "with"):
            mark = len(scope)
            value = self._pipe(node.parts[0], dot, scope)
            chosen = node.parts[1] if truth(value) else node.parts[2]
            self.walk(chosen, value if kind == "with" and truth(value) else dot, scope)
            del scope[mark:]
        elif kind == "range":
            self._range(node, dot, scope)
        else:
            raise Stop(kind)

    def _range(self, node: "Node", dot: Any, scope: Scope) -> None:
        pipe, body, otherwise = node.parts
        names, new, _ = pipe.parts
        pairs = list(self._pairs(node, self._commands(pipe, dot, scope)))
        if not pairs:
            self.walk(otherwise, dot, scope)
        for key, value in pairs:
            mark = len(scope)
            self._assign(names, new, (key, value)[-len(names) :] if names else (), scope)
            try:
                self.walk(body, value, scope)
            except Stop as stop:
                if stop.args[0] == "break":
                    break
            finally:
                if new:
                    del scope[mark:]

    def _pairs(self, node: "Node", value: Any) -> Iterator[tuple[Any, Any]]:
        if isinstance(value, dict):
            yield from sorted(value.items(), key=lambda pair: str(pair[0]))
        elif isinstance(value, int) and not isinstance(value, bool):
            yield from ((n, n) for n in range(value))
        elif isinstance(value, list | tuple):
            yield from enumerate(value)
        elif value is not None and not isinstance(value, NoValue):
            raise self._error(node, f"range can't iterate over {text(value)}")

    def _pipe(self, pipe: "Node", dot: Any, scope: Scope) -> Any:
        value = self._commands(pipe, dot, scope)
        names, new, _ = pipe.parts
        if names:
            self._assign(names, new, (value,), scope)
        return value

    @staticmethod
    def _assign(names: tuple[str, ...], new: bool, values: tuple[Any, ...], scope: Scope) -> None:
        for name, value in zip(names, values, strict=True):
            if new:
                scope.append((name, value))
                continue
            at = max(place for place, (known, _) in enumerate(scope) if known == name)
            scope[at] = (name, value)

    def _commands(self, pipe: "Node", dot: Any, scope: Scope) -> Any:
        last: tuple[Any, ...] = ()
        for command in pipe.parts[2]:
            last = (self._command(command, dot, scope, last),)
        return last[0]

    def _command(self, command: "Node", dot: Any, scope: Scope, last: tuple[Any, ...]) -> Any:
        first, *rest = command.parts
        if first.kind == "name":
            return self._function(first, rest, dot, scope, last)
        arguments = [*(self._value(operand, dot, scope) for operand in rest), *last]
        if first.kind == "chain":
            return self._chain(first, dot, scope, arguments)
        if arguments:
            raise self._error(first, "can't give argument to non-function")
        return self._value(first, dot, scope)

    def _value(self, node: "Node", dot: Any, scope: Scope) -> Any:
        if node.kind == "constant":
            return node.parts[0]
        if node.kind == "dot":
            return dot
        if node.kind == "variable":
            return next(value for name, value in reversed(scope) if name == node.parts[0])
        if node.kind == "pipe":
            return self._pipe(node, dot, scope)
        if node.kind == "chain":
            return self._chain(node, dot, scope, [])
        return self._function(node, [], dot, scope, ())

    def _function(self, node: "Node", rest: "list[Node]", dot: Any, scope: Scope, last: tuple[Any, ...]) -> Any:
        name = node.parts[0]
        if name in ("and", "or") and (rest or last):
            return self._decide(name, rest, dot, scope, last)
        if name not in self._functions:
            raise self._error(node, f"function {name!r} not defined")
        arguments = [*(self._value(operand, dot, scope) for operand in rest), *last]
        return self._apply(node, name, self._functions[name], arguments)

    def _decide(self, name: str, rest: "list[Node]", dot: Any, scope: Scope, last: tuple[Any, ...]) -> Any:
        """Return the operand that decides; those after it are not looked at."""
        value = None
        for node in rest:
            value = self._value(node, dot, scope)
            if truth(value) is (name == "or"):
                return value
        return last[0] if last else value

    def _apply(self, node: "Node", name: str, function: Callable[..., Any], arguments: list[Any]) -> Any:
        try:
            return function(*arguments)
        except Misuse as error:
            reason = str(error)
        except (TypeError, ValueError, AttributeError, OverflowError):
            reason = f"wrong arguments: {' '.join(map(text, arguments))}"
        raise self._error(node, f"error calling {name}: {reason}")

    def _chain(self, node: "Node", dot: Any, scope: Scope, arguments: list[Any]) -> Any:
        start, fields = node.parts
        value = self._value(start, dot, scope)
        for place, field in enumerate(fields):
            value = self._field(node, value, field)
            if callable(value):
                value = self._apply(node, field, value, arguments if place == len(fields) - 1 else [])
            elif arguments and place == len(fields) - 1:
                raise self._error(node, f"{field} has arguments but cannot be invoked as function")
        return value

    def _field(self, node: "Node", value: Any, field: str) -> Any:
        if not isinstance(value, dict):
            what = (
                "nil data; no entry for key"
                if value is None or value is NOTHING
                else f"can't find field in {text(value)}:"
            )
            raise self._error(node, f"{what} {field!r}")
        if field in value:
            return value[field]
        if all(isinstance(known, str) for known in value.values()):  # labels and the like: any key may be asked for
            return NOTHING
        raise self._error(node, f"no field {field!r}; there are {', '.join(map(str, value))}")

    def _error(self, node: "Node", reason: str) -> Exception:
        return refusal(self._source, node.at, reason)


def _fields(nodes: Any) -> Iterator[str]:
    """Yield the first field of every chain below some nodes."""
    for node in nodes:
        kind = getattr(node, "kind", "")
        if kind == "chain":
            yield node.parts[1][0]
        if kind or isinstance(node, list | tuple):
            yield from _fields(node.parts if kind else node)

"""A verb becomes a method: its flags, help and types are the verb's, so that they cannot differ.

mypy sees the verb's own parameters (ParamSpec); a person who asks for help sees them by `__signature__`.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from hull.engine import Engine
from hull.objects import values

if TYPE_CHECKING:
    from hull.objects.containers import Container

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])
Many = tuple[str, ...]


def act(verb: Callable[Concatenate[Engine, Many, P], list[str]]) -> "Callable[Concatenate[Container, P], None]":
    """Return the method of a verb that does something to containers."""

    def method(self: "Container", /, *_: P.args, **flags: P.kwargs) -> None:
        verb(self._engine, (self.id,), **values.flags(verb, flags))  # type: ignore[call-arg]

    return _named(method, verb, returns=None)


def first(verb: Callable[Concatenate[Engine, Many, P], list[R]]) -> "Callable[Concatenate[Container, P], R]":
    """Return the method of a verb that tells one thing of each container."""

    def method(self: "Container", /, *_: P.args, **flags: P.kwargs) -> R:
        return verb(self._engine, (self.id,), **values.flags(verb, flags))[0]  # type: ignore[call-arg]

    listed: Any = verb.__annotations__["return"]
    return _named(method, verb, returns=listed.__args__[0])


def one(verb: Callable[Concatenate[Engine, str, P], R]) -> "Callable[Concatenate[Container, P], R]":
    """Return the method of a verb that takes one container."""

    def method(self: "Container", /, *more: P.args, **flags: P.kwargs) -> R:
        return verb(self._engine, self.id, *more, **values.flags(verb, flags))

    return _named(method, verb, returns=verb.__annotations__["return"])


def whole(verb: Callable[Concatenate[Engine, P], R]) -> Callable[P, R]:
    """Return the function of a verb that is about everything in the store."""

    def function(*more: P.args, **flags: P.kwargs) -> R:
        return verb(values.engine(), *more, **values.flags(verb, flags))

    return _named(function, verb, returns=verb.__annotations__["return"], drop=1, own=False)


def _named(made: F, verb: Callable[..., Any], *, returns: Any, drop: int = 2, own: bool = True) -> F:
    signature = inspect.signature(verb)
    kept = list(signature.parameters.values())[drop:]
    plain = [parameter.replace(annotation=_plain(parameter.annotation)) for parameter in kept]
    self = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)] if own else []
    made.__signature__ = signature.replace(parameters=self + plain, return_annotation=returns)  # type: ignore[attr-defined]
    made.__name__ = made.__qualname__ = verb.__name__.rstrip("_")
    made.__doc__ = verb.__doc__
    return made


def _plain(annotation: Any) -> Any:
    return annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation

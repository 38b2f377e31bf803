"""What typing gives at run time, without typing: importing that costs a third of a cold start.

Type checkers see the real thing. Where annotations are not evaluated as they are met (Python 3.14) so does Python.
"""

import sys
from _operator import itemgetter

__all__ = (
    "IO", "TYPE_CHECKING", "Annotated", "Any", "Literal", "NamedTuple", "NoReturn", "Protocol", "TextIO", "made_once",
)  # fmt: skip
TYPE_CHECKING = False
if TYPE_CHECKING or sys.version_info >= (3, 14):
    from functools import cached_property as made_once
    from typing import IO, Annotated, Any, Literal, NamedTuple, NoReturn, Protocol, TextIO
else:

    class _Hint:
        """A type that is only ever written in annotations."""

        def __class_getitem__(cls, _items):
            return cls

    class IO(_Hint): ...

    class Literal(_Hint): ...

    class NoReturn(_Hint): ...

    class TextIO(_Hint): ...

    class Any(_Hint): ...

    class Protocol(_Hint): ...

    class Annotated:
        """`Annotated[origin, metadata…]`: an object with `__origin__` and `__metadata__`."""

        def __init__(self, origin, metadata):
            self.__origin__ = origin
            self.__metadata__ = metadata

        def __class_getitem__(cls, items):
            return cls(items[0], items[1:])

    class _Fields(type):
        """Make of an annotated class body what typing.NamedTuple makes of it."""

        def __new__(mcs, name, bases, space):
            if any(getattr(base, "_fields", ()) for base in bases):  # a record's subclass has its fields, as typing's
                return super().__new__(mcs, name, bases, {"__slots__": (), **space})
            fields = tuple(space.get("__annotations__", ()))
            space["_fields"] = space["__match_args__"] = fields
            space["_field_defaults"] = {field: space[field] for field in fields if field in space}
            space["__slots__"] = ()
            for place, field in enumerate(fields):
                space[field] = property(itemgetter(place))
            return super().__new__(mcs, name, bases, space)

    class NamedTuple(tuple, metaclass=_Fields):
        """An immutable record whose fields are the annotations of the class body; see typing.NamedTuple."""

        def __new__(cls, *values, **named):
            if named or len(values) != len(cls._fields):
                values = cls._complete(values, named)
            return tuple.__new__(cls, values)

        @classmethod
        def _complete(cls, values, named):
            rest = cls._fields[len(values) :]
            known = {**cls._field_defaults, **named}
            if len(values) <= len(cls._fields) and known.keys() >= set(rest) >= named.keys():
                return (*values, *[known[field] for field in rest])
            missing = [field for field in rest if field not in known]
            odd = [field for field in named if field not in rest]
            raise TypeError(f"cannot make a {cls.__name__}: {missing} missing, {odd} unexpected, {len(values)} given")

        @classmethod
        def _make(cls, values):
            return cls(*values)

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **named):
            values = dict(zip(self._fields, self, strict=True)) | named
            if len(values) != len(self._fields):
                raise TypeError(f"{type(self).__name__} has no {[key for key in named if key not in self._fields]}")
            return tuple.__new__(type(self), values.values())

        def __repr__(self):
            return f"{type(self).__name__}({', '.join(f'{f}={v!r}' for f, v in zip(self._fields, self, strict=True))})"

        def __getnewargs__(self):
            return tuple(self)

    class made_once:  # noqa: N801 (a decorator)
        """functools.cached_property, for one thread at a time."""

        def __init__(self, make):
            self._make = make
            self.__doc__ = make.__doc__

        def __set_name__(self, _owner, name):
            self._name = name

        def __get__(self, owner, _kind=None):
            if owner is None:
                return self
            value = owner.__dict__[self._name] = self._make(owner)
            return value

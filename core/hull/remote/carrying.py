"""Carry out a verb on another engine: by ssh at a host that has hull, else by Docker's API."""

import os

from hull import paths
from hull.commands._line import EVERY, Call
from hull.commands._verb import HERE, Parameter
from hull.contexts.context import HULL, Context
from hull.contexts.stored import Stored
from hull.errors import Unsupported, UserError
from hull.light import TYPE_CHECKING, Any
from hull.log import Events

if TYPE_CHECKING:
    from hull.remote.there import There

SHAPE = ("format", "json")  # the front's own


def is_here(call: Call) -> bool:
    """Whether the verb is about this machine whatever is chosen; to name a context for one is an error."""
    if call.verb is None or call.verb.name not in HERE:
        return call.verb is None
    if call.context:
        raise UserError(
            f"cannot use --context with hull {call.verb.name}: it is about this machine", "leave --context out"
        )
    return True


def find(name: str) -> tuple[Context, str]:
    """Return a context and this user's runtime directory."""
    places = paths.find()
    paths.prepare(places)
    return Stored(places.config, dict(os.environ)).find(name), places.runtime


def carry(call: Call, events: Events) -> Any:
    """Return the verb's value from the context's engine, as the verb itself returns it here.

    By ssh it is a `Passing`, which the front runs.
    """
    if call.elsewhere == EVERY:
        from hull.remote import everywhere

        return everywhere.ask_all(call, events)
    context, runtime = find(call.elsewhere)
    if context.kind == HULL:
        from hull.remote import overssh

        return overssh.carry(context, runtime, call, events)
    from hull.remote.there import There

    return ask(There(context, runtime, events), call)


def ask(there: "There", call: Call) -> Any:
    """Return the verb's value from an engine of Docker's API."""
    from importlib import import_module

    from hull.remote.table import INSTEAD, TABLE
    from hull.remote.there import Asked

    verb = call.verb
    assert verb is not None  # noqa: S101 (help is never carried)
    row = TABLE.get(verb.name)
    if row is None:
        why = INSTEAD.get(verb.name, "it needs hull at the other end: hull context create NAME ssh://HOST")
        raise Unsupported(
            f"cannot {verb.name} on the context {there.context.name}: Docker's API has no such thing", why
        )
    asked = {parameter.name: value for parameter, value in zip(verb.words, call.words, strict=False)}
    for flag in verb.flags:
        if flag.name in SHAPE and verb.shaped:
            continue
        asked[flag.name] = call.flags.get(flag.name, flag.default)
        if flag.name in call.flags and call.flags[flag.name] != flag.default and flag.name not in row.flags:
            raise _refused(there, verb.name, flag)
    function = getattr(import_module(f"hull.remote.{row.module}"), row.function)
    return function(there, Asked(**asked))


def _refused(there: "There", verb: str, flag: Parameter) -> Unsupported:
    return Unsupported(
        f"cannot use --{flag.longs[0]} with hull {verb} on {there.context.name}: Docker's API has no word for it",
        f"leave it out; a context that is ssh://HOST with hull there takes every flag of hull {verb}",
    )

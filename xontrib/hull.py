"""Containers as native xonsh commands: `xontrib load hull`.

Only registers: the alias, its inline half, the completer, the prompt field, events and their handlers, what predicts
threading, and `hull` as a Python name at a prompt. Unloading removes exactly those and lets the kept user namespace go.
"""

from typing import Any

from hull.xonsh import events
from hull.xonsh.entering import HOST
from hull.xonsh.front import Hull
from hull.xonsh.inline import INLINE
from hull.xonsh.naming import Values, command_again
from hull.xonsh.starting import OnHost
from hull.xonsh.suspending import suspend_repair

PREDICTED = ("hull", "hull-launch")


def _load_xontrib_(xsh: Any, **_: Any) -> dict[str, Any]:
    _unload_xontrib_(xsh)  # of an earlier loading
    hull, bus = Hull(xsh), xsh.builtins.events
    tables = hull.registered
    tables.after(hull.close)
    tables.after(hull.completing.close)
    tables.after(hull.telling.remembering.close)
    events.declare(bus)
    tables.after(lambda: events.forget(bus))
    tables.handle(bus, "on_precommand", suspend_repair())
    tables.handle(bus, "on_pre_prompt", hull.completing.handler())
    tables.handle(bus, "on_pre_prompt", hull.telling.settle)
    tables.handle(bus, "on_exit", hull.close)
    tables.put(xsh.aliases, "hull", hull)
    tables.put(xsh.aliases, INLINE, hull.inline)
    tables.put(xsh.aliases, HOST, OnHost())
    tables.put(xsh.env["PROMPT_FIELDS"], "hull", hull.prompt)
    for name in PREDICTED:
        tables.put(xsh.commands_cache.threadable_predictors, name, lambda _args, _cache: False)
    if xsh.env.get("XONSH_INTERACTIVE") and xsh.ctx is not None:
        tables.put(xsh.ctx, "hull", Values(xsh))
        tables.handle(bus, "on_transform_command", command_again)
    return {}


def _unload_xontrib_(xsh: Any, **_: Any) -> dict[str, Any]:
    hull = xsh.aliases["hull"] if "hull" in xsh.aliases else None  # noqa: SIM401 (get would run it)
    if isinstance(hull, Hull):
        hull.registered.undo()
    return {}

"""Containers as native xonsh commands: `xontrib load hull`.

Only registers: the alias, its inline half, the completer, the prompt field, event handlers and what predicts threading.
Unloading removes exactly those and lets the kept user namespace go.
"""

from typing import Any

from hull.xonsh.front import Hull
from hull.xonsh.inline import INLINE
from hull.xonsh.suspending import suspend_repair

PREDICTED = ("hull", "hull-launch")


def _load_xontrib_(xsh: Any, **_: Any) -> dict[str, Any]:
    hull = Hull(xsh)

    def on_exit(**_: Any) -> None:
        hull.close()

    hull.handlers = {
        "on_precommand": suspend_repair(),
        "on_pre_prompt": hull.completing.handler(),
        "on_exit": on_exit,
    }
    for event, handler in hull.handlers.items():
        getattr(xsh.builtins.events, event)(handler)
    xsh.aliases["hull"] = hull
    xsh.aliases[INLINE] = hull.inline
    xsh.env["PROMPT_FIELDS"]["hull"] = hull.prompt
    for name in PREDICTED:
        xsh.commands_cache.threadable_predictors[name] = lambda _args, _cache: False
    return {}


def _unload_xontrib_(xsh: Any, **_: Any) -> dict[str, Any]:
    hull = xsh.aliases.pop("hull", None)
    xsh.aliases.pop(INLINE, None)
    xsh.env["PROMPT_FIELDS"].pop("hull", None)
    for name in PREDICTED:
        xsh.commands_cache.threadable_predictors.pop(name, None)
    if isinstance(hull, Hull):
        for event, handler in hull.handlers.items():
            getattr(xsh.builtins.events, event).discard(handler)
        hull.completing.close()
        hull.close()
    return {}

"""What a body says of a container's life: restarts, log, health check."""

from typing import Any

from hull.commands import _life
from hull.docker.fields import Fields
from hull.errors import UserError
from hull.model import Health

SECOND = 1_000_000_000  # nanoseconds
POLICIES = "use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
DRIVERS = {"": "", "json-file": "json-file", "local": "json-file", "none": "none"}


def read(config: Fields, host: Fields) -> dict[str, Any]:
    """Return the spec's fields of restart, removal, log and health."""
    remove = host.flag("AutoRemove")
    driver, options = _log(host.inner("LogConfig"))
    return {
        "remove": remove,
        "restart": restart(host.inner("RestartPolicy"), remove=remove),
        "log_driver": driver,
        "log_options": options,
        "health": health(config.inner("Healthcheck")) if config.data.get("Healthcheck") is not None else None,
    }


def restart(policy: Fields, *, remove: bool) -> str:
    """Return --restart's word of a RestartPolicy."""
    name, most = policy.text("Name") or "no", policy.number("MaximumRetryCount") or 0
    if name not in _life.POLICIES:
        raise UserError(f"invalid restart policy: unknown policy '{name}'; {POLICIES}")
    if most < 0:
        raise UserError("invalid restart policy: maximum retry count cannot be negative")
    if most and name != "on-failure":
        raise UserError("invalid restart policy: maximum retry count can only be used with 'on-failure'")
    if remove and name != "no":
        raise UserError("can't create 'AutoRemove' container with restart policy")
    return f"{name}:{most}" if most else name


def _log(log: Fields) -> tuple[str, tuple[str, ...]]:
    kind = log.text("Type")
    if kind not in DRIVERS:
        raise UserError(f"logger: no log driver named '{kind}' is registered")
    options = log.pairs("Config")
    words = tuple(f"{key}={value}" for key, value in options.items() if key not in ("compress", "mode"))
    unbound = "max-size" not in options  # Docker takes max-file alone, and then never rotates
    checked = tuple(word for word in words if not (unbound and word.startswith("max-file=")))
    _life.log_options(DRIVERS[kind], checked)
    return DRIVERS[kind], checked


def health(check: Fields) -> Health:
    """Return the health check of a Healthcheck, whose times are nanoseconds."""
    times = {}
    for key in ("Interval", "Timeout", "StartPeriod", "StartInterval"):
        asked = check.number(key) or 0
        if asked and asked < SECOND // 1000:
            raise UserError(f"{key} in Healthcheck cannot be less than 1ms")
        times[key] = asked / SECOND
    retries = check.number("Retries") or 0
    if retries < 0:
        raise UserError("Retries in Healthcheck cannot be negative")
    test: tuple[str, ...] = check.texts("Test")
    if test and test[0] not in ("NONE", "CMD", "CMD-SHELL"):
        raise UserError(f"Unknown type {test[0]!r} in Healthcheck (try 'CMD')")
    return Health(test, times["Interval"], times["Timeout"], retries, times["StartPeriod"], times["StartInterval"])

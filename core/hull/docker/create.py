"""What POST /containers/create asks: Config, HostConfig and NetworkingConfig become a spec."""

import os
from typing import Any

from hull.commands import _flags, _said
from hull.docker import create_host, create_life, create_limits, create_mounts, create_networks, execs
from hull.docker.fields import Fields
from hull.docker.versions import NEWEST, Version
from hull.errors import UserError
from hull.model import Spec
from hull.runtime import signals

CURRENT = Version(*NEWEST)
PRIVATE = Version(1, 40)  # since then an IPC namespace is private unless something else is said
NAMES = "[a-zA-Z0-9][a-zA-Z0-9_.-]"


class Asked:
    """A body, its spec, and what was left out of it under the words of Docker's warnings."""

    def __init__(self, spec: Spec, warnings: list[str]) -> None:
        self.spec = spec
        self.warnings = warnings


def read(
    body: dict[str, Any],
    name: str = "",
    platform: str = "",
    version: Version = CURRENT,
    lacking: frozenset[str] | None = None,
) -> Asked:
    """Return what a body asks for.

    `lacking` are controllers of control groups that are not here; limits that need one are left out with a warning.
    With None nothing is left out: a limit that cannot be had fails the start.
    """
    config = Fields(body)
    host = config.inner("HostConfig")
    if not config.text("Image"):
        raise UserError("no image was specified" if body else "Config cannot be empty in order to create a container")
    create_host.refuse(host)
    execs.size_of(host.data)
    if version < PRIVATE and not host.text("IpcMode"):
        body = {**body, "HostConfig": {**host.data, "IpcMode": "shareable"}}
    limits, warnings = create_limits.read(host, lacking)
    mounts = create_mounts.read(config, host)
    if host.text("UTSMode") == "host" and config.text("Hostname"):
        raise UserError("conflicting options: hostname and the UTS mode")
    spec = Spec(
        **_program(config),
        **create_life.read(config, host),
        **create_host.read(host),
        **create_networks.read(config, host, version),
        image=config.text("Image"),
        name=container_name(name),
        mounts=mounts,
        limits=limits,
        pull="never",
        platform=platform,
        said=_said.keep(body, ("CpuPeriod", "CpuQuota") if warnings and limits.cpus is None else ()),
    )
    return Asked(spec, warnings)


def _program(config: Fields) -> dict[str, Any]:
    workdir = config.text("WorkingDir")
    if workdir and not workdir.startswith("/"):
        raise UserError(f"the working directory '{workdir}' is invalid, it needs to be an absolute path")
    return {
        "command": config.texts("Cmd"),
        "entrypoint": config.texts("Entrypoint", None),
        "env": _environment(config),
        "workdir": os.path.normpath(f"/{workdir.lstrip('/')}") if workdir else None,
        "user": config.text("User") or None,
        "hostname": config.text("Hostname") or None,
        "domainname": config.text("Domainname"),
        "labels": _labels(config),
        "exposed": _exposed(config),
        "interactive": config.flag("OpenStdin"),
        "tty": config.flag("Tty"),
        "stop_signal": _signal(config.text("StopSignal")),
        "stop_timeout": config.number("StopTimeout"),
    }


def _environment(config: Fields) -> tuple[str, ...]:
    words: tuple[str, ...] = config.texts("Env")
    odd = next((word for word in words if not word or word.startswith("=")), None)
    if odd is not None:
        raise UserError(f"invalid environment variable: {odd}")
    return words


def _labels(config: Fields) -> tuple[str, ...]:
    found = config.pairs("Labels")
    odd = next((key for key in found if "=" in key), None)
    if odd is not None:
        raise UserError(f"invalid label {odd!r}: hull's labels have no '=' in their names")
    return tuple(f"{key}={value}" for key, value in found.items())


def _exposed(config: Fields) -> tuple[str, ...]:
    from hull.network import ports

    for word in (found := config.keys("ExposedPorts")):
        ports.parse(word)
    return tuple(word if "/" in word else f"{word}/tcp" for word in found)


def _signal(word: str) -> str | None:
    try:
        return signals.name(signals.number(word)) if word else None
    except UserError:
        raise UserError(f"invalid signal: {word}") from None


def container_name(name: str) -> str:
    """Return a container's name, checked."""
    given = name.removeprefix("/")
    try:
        return _flags.container_name(given)
    except UserError:
        raise UserError(f"Invalid container name ({name}), only {NAMES} are allowed") from None

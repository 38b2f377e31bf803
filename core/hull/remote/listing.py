"""Containers of another engine as `ps` and `inspect` show them, through the very rows of this machine's."""

import re

from hull.commands import _listing
from hull.commands._listing import ContainerRow
from hull.commands._several import each
from hull.contexts.client import word
from hull.errors import Missing, UserError
from hull.light import Any
from hull.model import Port
from hull.remote.there import Asked, There, container, filters

EXIT = re.compile(r"\((-?\d+)\)")


def ps(there: There, asked: Asked) -> list[ContainerRow] | list[str]:
    """List containers."""
    most = 1 if asked.latest else asked.last
    if most < -1:
        raise UserError(f"cannot show the last {most} containers", "-n takes a number from 0; -1 shows all")
    if most == 0:
        return []
    said = filters(asked.filter)
    found = there.get("/containers/json", all=asked.all, limit=most if most > 0 else None, size=asked.size,
                      filters=said or None)  # fmt: skip
    if asked.quiet:
        return [one["Id"] if asked.no_trunc else one["Id"][:12] for one in found]
    return [row(one, whole=asked.no_trunc) for one in found]


def row(one: dict[str, Any], *, whole: bool) -> ContainerRow:
    """Return the row of one document of /containers/json."""
    command, ident = str(one.get("Command") or ""), str(one["Id"])
    status, state = str(one.get("Status") or ""), str(one.get("State") or "")
    mounts = [m.get("Name") or m.get("Source", "") for m in one.get("Mounts") or () if m.get("Type") != "tmpfs"]
    code = EXIT.search(status) if state in ("exited", "restarting", "dead") else None
    return ContainerRow(
        id=ident if whole else ident[: _listing.SHORT],
        image=str(one.get("Image", "")),
        command=f'"{command if whole else _listing.shortened(command, _listing.COMMAND_WIDTH)}"',
        created=float(one.get("Created") or 0),
        state=state,
        status=status,
        exit_code=int(code[1]) if code else 0,
        health=_health(status),
        started=0.0,
        finished=0.0,
        ports=_ports(one.get("Ports") or ()),
        names=_name(one.get("Names") or ()),
        labels=dict(one.get("Labels") or {}),
        mounts=tuple(m if whole else _listing.shortened(m, _listing.MOUNT_WIDTH) for m in mounts),
        local_volumes=sum(m.get("Type") == "volume" for m in one.get("Mounts") or ()),
        networks=tuple((one.get("NetworkSettings") or {}).get("Networks") or ()),
        size=one.get("SizeRw", 0) if "SizeRootFs" in one else None,
        virtual_size=one.get("SizeRootFs"),
    )


def _health(status: str) -> str:
    if "(health: starting)" in status:
        return "starting"
    return next((word for word in ("unhealthy", "healthy") if f"({word})" in status), "")


def _name(names: Any) -> str:
    """Return the container's names, links' left out: those have a slash more."""
    own = [str(name).removeprefix("/") for name in names]
    return ",".join(name for name in own if "/" not in name)


def _ports(ports: Any) -> str:
    found = [
        Port(int(one["PrivatePort"]), int(one["PublicPort"]), str(one.get("Type", "tcp")), str(one.get("IP", "")))
        for one in ports
        if one.get("PublicPort")
    ]
    shut = tuple(f"{one['PrivatePort']}/{one.get('Type', 'tcp')}" for one in ports if not one.get("PublicPort"))
    return _listing.port_text(tuple(found), shut)


def inspect(there: There, asked: Asked) -> list[dict[str, Any]]:
    """Return everything about containers and images."""
    return each(asked.names, lambda name: _found(there, name, asked.type, sized=asked.size))


def _found(there: There, name: str, kind: str, *, sized: bool) -> dict[str, Any]:
    if kind != "image":
        try:
            found: dict[str, Any] = there.get(container(name, "json"), size=sized)
        except Missing:
            if kind == "container":
                raise
        else:
            return found
    try:
        found = there.get(f"/images/{word(name)}/json")
    except Missing:
        raise Missing(f"no such container or image: {name}", "hull ps -a and hull images list them") from None
    return found

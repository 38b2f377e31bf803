"""What `inspect` tells of a container, in the shape of Docker's API, as far as its fields have a meaning here."""

import os

from hull.commands import _details_config, _details_host, _endpoints, _listing
from hull.engine import Engine
from hull.light import Any
from hull.model import Mount
from hull.runtime import detached, plan
from hull.runtime.mounts import PROPAGATION
from hull.state.containers import Container
from hull.state.snapshots import Snapshots
from hull.state.status import Status
from hull.storage import snapshots

NEVER = "0001-01-01T00:00:00Z"
LOG = "log.json"


def container(engine: Engine, row: Container, *, sized: bool = False) -> dict[str, Any]:
    """Return the document of one container."""
    status, directory = engine.containers.status(row), engine.paths.container(row.id)
    words = plan.command(row.spec, row.config)
    own = snapshots.stack(engine.paths, row.id, Snapshots(engine.db).stack(row.id).layers)
    sizes = dict(zip(("SizeRw", "SizeRootFs"), _listing.sizes(engine, row), strict=True)) if sized else {}
    return {
        "Id": row.id,
        "Created": time_text(row.created),
        "Path": words[0],
        "Args": list(words[1:]),
        "State": _state(row, status, directory),
        "Image": row.image,
        "ResolvConfPath": f"{directory}/resolv.conf",
        "HostnamePath": f"{directory}/hostname",
        "HostsPath": f"{directory}/hosts",
        "LogPath": f"{directory}/{LOG}" if os.path.exists(f"{directory}/{LOG}") else "",
        "Name": f"/{row.name}",
        "RestartCount": status.restarts,
        "Driver": "overlay2",
        "Platform": row.config.os,
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": None,
        "HostConfig": _details_host.document(row),
        "GraphDriver": {
            "Name": "overlay2",
            "Data": {
                "LowerDir": ":".join((*row.config.layers, *own.frozen)[::-1]),
                "UpperDir": own.upper,
                "WorkDir": f"{directory}/work",
            },
        },
        **sizes,
        "Mounts": [mount_document(engine, mount) for mount in row.spec.mounts],
        "Config": _details_config.document(row),
        "NetworkSettings": _network(engine, row, status),
        "Hull": {
            "Directory": directory,
            "State": status.state,
            "UsernsMode": row.spec.userns,
            "Monitor": status.monitor.pid if status.monitor.alive else 0,
            "Left": list(status.left),
        },
    }


def state(status: Status) -> str:
    """Return Docker's word for a state: one that is being stopped runs."""
    return "running" if status.state == "stopping" else status.state


def _state(row: Container, status: Status, directory: str) -> dict[str, Any]:
    check = detached.health(row.spec, row.config)
    return {
        "Status": state(status),
        "Running": status.state in _listing.UP,
        "Paused": status.state == "paused",
        "Restarting": status.state == "restarting",
        "OOMKilled": status.oom,
        "Dead": status.state == "dead",
        "Pid": status.init.pid if status.up else 0,
        "ExitCode": status.exit_code,
        "Error": status.error,
        "StartedAt": time_text(status.started),
        "FinishedAt": time_text(status.finished),
        "Health": None if check is None else _health(status, directory),
    }


def _health(status: Status, directory: str) -> dict[str, Any]:
    import json

    try:
        with open(f"{directory}/health", encoding="utf-8", errors="replace") as file:
            probes = [json.loads(line) for line in file if line.endswith("}\n")]
    except FileNotFoundError:
        probes = []
    return {
        "Status": status.health or "starting",
        "FailingStreak": status.failing,
        "Log": [
            {
                "Start": time_text(probe["start"]),
                "End": time_text(probe["end"]),
                "ExitCode": probe["code"],
                "Output": probe["output"],
            }
            for probe in probes
        ],
    }


def _network(engine: Engine, row: Container, status: Status) -> dict[str, Any]:
    up = status.state in _listing.UP
    networks = _endpoints.settings(engine, row, up=up)
    if up and row.spec.mac:
        networks["MacAddress"] = networks["Networks"][row.spec.network]["MacAddress"] = row.spec.mac
    bound: dict[str, Any] = dict.fromkeys(_listing.exposed(row) if up else ())
    return {
        "Bridge": "",
        "SandboxID": row.id if up else "",
        "SandboxKey": f"/proc/{status.init.pid}/ns/net" if status.up else "",
        "Ports": {**bound, **(_details_host.bindings(_listing.published(engine, row)) if up else {})},
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        **networks,
    }


def mount_document(engine: Engine, mount: Mount) -> dict[str, Any]:
    """Return the document of one mount."""
    named = mount.kind == "volume" and mount.source
    spread = next((word for word in mount.options if word in PROPAGATION), "rprivate")
    document = {
        "Type": mount.kind,
        "Source": f"{engine.paths.volumes}/{mount.source}/_data" if named else mount.source,
        "Destination": mount.target,
        "Mode": ",".join(_details_host.words(mount)),
        "RW": not mount.readonly,
        "Propagation": spread if mount.kind == "bind" else "",
        "Options": list(mount.options),
    }
    return {**document, "Name": mount.source, "Driver": "local"} if named else document


def time_text(seconds: float) -> str:
    """Return a time as RFC 3339 in UTC; Docker's zero for what has not happened."""
    if not seconds:
        return NEVER
    import datetime as dt

    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

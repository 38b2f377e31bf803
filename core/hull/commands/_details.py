"""What `inspect` tells of a container, in the shape of Docker's API, as far as its fields have a meaning here."""

import os

from hull.commands import _endpoints, _listing
from hull.engine import Engine
from hull.images import imageconfig
from hull.light import Any
from hull.model import Mount, Port
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
        "Driver": "overlay",
        "Platform": row.config.os,
        "HostConfig": _host_config(row),
        "GraphDriver": {
            "Name": "overlay",
            "Data": {
                "LowerDir": ":".join((*row.config.layers, *own.frozen)[::-1]),
                "UpperDir": own.upper,
                "WorkDir": f"{directory}/work",
            },
        },
        **sizes,
        "Mounts": [_mount(engine, mount) for mount in row.spec.mounts],
        "Config": _config(row),
        "NetworkSettings": _network(engine, row, status),
        "Hull": {
            "Directory": directory,
            "State": status.state,
            "UsernsMode": row.spec.userns,
            "Monitor": status.monitor.pid if status.monitor.alive else 0,
            "Left": list(status.left),
        },
    }


def _state(row: Container, status: Status, directory: str) -> dict[str, Any]:
    check = detached.health(row.spec, row.config)
    return {
        "Status": "running" if status.state == "stopping" else status.state,
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


def _config(row: Container) -> dict[str, Any]:
    spec, image = row.spec, row.config
    env = plan.environment(spec, image, spec.host_name(row.id))
    inside = [*image.ports, *(f"{port.container}/{port.protocol}" for port in spec.ports)]
    check = detached.health(spec, image)
    return {
        "Hostname": spec.host_name(row.id),
        "User": spec.user or image.user,
        "ExposedPorts": {word if "/" in word else f"{word}/tcp": {} for word in sorted(set(inside))},
        "Tty": spec.tty,
        "OpenStdin": spec.interactive,
        "Env": [f"{key}={value}" for key, value in env.items()],
        "Cmd": list(spec.command or image.command),
        "Healthcheck": None if check is None else imageconfig.healthcheck(check),
        "Image": spec.image,
        "Volumes": {path: {} for path in image.volumes},
        "WorkingDir": spec.workdir or image.workdir or "/",
        "Entrypoint": list(image.entrypoint if spec.entrypoint is None else spec.entrypoint),
        "Labels": _listing.labels(row),
        "StopSignal": f"SIG{(spec.stop_signal or 'TERM').removeprefix('SIG')}",
        "StopTimeout": spec.stop_timeout,
    }


def _host_config(row: Container) -> dict[str, Any]:
    spec = row.spec
    policy, _, most = spec.restart.partition(":")
    options = dict(word.split("=", 1) for word in spec.log_options)
    return {
        "Binds": [f"{m.source}:{m.target}{':ro' if m.readonly else ''}" for m in spec.mounts if m.kind != "tmpfs"],
        "LogConfig": {"Type": spec.log_driver or "json-file", "Config": options},
        "NetworkMode": spec.network,
        "PortBindings": _bindings(spec.ports),
        "RestartPolicy": {"Name": policy, "MaximumRetryCount": int(most or 0)},
        "AutoRemove": spec.remove,
        "CapAdd": list(spec.cap_add),
        "CapDrop": list(spec.cap_drop),
        "Dns": list(spec.dns),
        "DnsOptions": list(spec.dns_options),
        "DnsSearch": list(spec.dns_search),
        "ExtraHosts": list(spec.hosts),
        "Egress": list(spec.egress),
        "GroupAdd": list(spec.groups),
        "Privileged": False,
        "ReadonlyRootfs": spec.readonly,
        "SecurityOpt": list(spec.security),
        "Tmpfs": {m.target: ",".join(m.options) for m in spec.mounts if m.kind == "tmpfs"},
        "ShmSize": spec.shm_size or plan.DEFAULT_SHM,
        "Sysctls": dict(word.split("=", 1) for word in spec.sysctls),
        "UsernsMode": spec.userns,
        "Init": spec.init,
        **_limits(row),
        "Ulimits": [{"Name": u.name, "Soft": u.soft, "Hard": u.hard} for u in spec.ulimits],
    }


def _limits(row: Container) -> dict[str, Any]:
    limits = row.spec.limits
    return {
        "Memory": limits.memory or 0,
        "MemorySwap": limits.memory_swap or 0,
        "MemoryReservation": limits.reservation or 0,
        "NanoCpus": int((limits.cpus or 0) * 1e9),
        "CpuShares": limits.shares or 0,
        "CpusetCpus": limits.cpuset or "",
        "BlkioWeight": limits.block_weight or 0,
        "PidsLimit": limits.pids,
        "OomScoreAdj": limits.oom_score or 0,
    }


def _network(engine: Engine, row: Container, status: Status) -> dict[str, Any]:
    up = status.state in _listing.UP
    bound: dict[str, Any] = {word if "/" in word else f"{word}/tcp": None for word in row.config.ports if up}
    return {
        "Ports": {**bound, **(_bindings(_listing.published(engine, row)) if up else {})},
        **_endpoints.settings(engine, row, up=up),
    }


def _bindings(ports: tuple[Port, ...]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        binding = {"HostIp": port.address or "0.0.0.0", "HostPort": str(port.host or "")}  # noqa: S104 (shown)
        found.setdefault(f"{port.container}/{port.protocol}", []).append(binding)
    return found


def _mount(engine: Engine, mount: Mount) -> dict[str, Any]:
    named = mount.kind == "volume" and mount.source
    spread = next((word for word in mount.options if word in PROPAGATION), "rprivate")
    document = {
        "Type": mount.kind,
        "Source": f"{engine.paths.volumes}/{mount.source}/_data" if named else mount.source,
        "Destination": mount.target,
        "Mode": ",".join(("ro", *mount.options) if mount.readonly else mount.options),
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

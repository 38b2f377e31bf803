"""hull inspect: everything about a container or an image."""

import datetime as dt

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated, Any
from hull.runtime import plan
from hull.state.containers import Container

Many = tuple[str, ...]


def inspect(
    engine: Engine,
    names: Annotated[Many, Word("containers or images", complete="container")],
    *,
    type: Annotated[str, Flag("what is meant, where a name is both", choices=("container", "image"))] = "",
) -> list[dict[str, Any]]:
    """Print everything about containers and images, as JSON."""
    return [_details(engine, name, type) for name in names]


def _details(engine: Engine, name: str, kind: str) -> dict[str, Any]:
    if kind != "image":
        try:
            return container_details(engine, engine.containers.find(name))
        except UserError:
            if kind == "container":
                raise
    try:
        return engine.images.image_details(name)
    except UserError:
        raise UserError(f"no such container or image: {name}", "hull ps -a and hull images list them") from None


def container_details(engine: Engine, row: Container) -> dict[str, Any]:
    """Return Docker's inspect document for a container, as far as its fields have a meaning here."""
    status, spec, image = engine.containers.status(row), row.spec, row.config
    words = plan.command(spec, image)
    env = plan.environment(spec, image, plan.hostname(spec, row.id))
    return {
        "Id": row.id,
        "Created": _time(row.created),
        "Path": words[0],
        "Args": list(words[1:]),
        "State": {
            "Status": status.state,
            "Running": status.state == "running",
            "Paused": False,
            "Restarting": False,
            "OOMKilled": status.oom,
            "Dead": False,
            "Pid": status.init.pid if status.state == "running" else 0,
            "ExitCode": status.exit_code,
            "Error": status.error,
            "StartedAt": _time(status.started),
            "FinishedAt": _time(status.finished),
        },
        "Image": row.image,
        "Name": f"/{row.name}",
        "HostConfig": _host_config(row),
        "Mounts": [
            {
                "Type": m.kind,
                "Source": m.source,
                "Destination": m.target,
                "RW": not m.readonly,
                "Options": list(m.options),
            }
            for m in spec.mounts
        ],
        "Config": {
            "Hostname": plan.hostname(spec, row.id),
            "User": spec.user or image.user,
            "Tty": spec.tty,
            "OpenStdin": spec.interactive,
            "Env": [f"{key}={value}" for key, value in env.items()],
            "Cmd": list(spec.command or image.command),
            "Image": spec.image,
            "WorkingDir": spec.workdir or image.workdir or "/",
            "Entrypoint": list(image.entrypoint if spec.entrypoint is None else spec.entrypoint),
            "Labels": {**dict(_pair(w) for w in image.labels), **dict(_pair(w) for w in spec.labels)},
            "StopSignal": spec.stop_signal,
        },
        "Hull": {"Directory": engine.paths.container(row.id), "UsernsMode": spec.userns, "Left": list(status.left)},
    }


def _host_config(row: Container) -> dict[str, Any]:
    spec = row.spec
    return {
        "AutoRemove": spec.remove,
        "NetworkMode": spec.network,
        "PortBindings": {
            f"{p.container}/{p.protocol}": [{"HostIp": p.address, "HostPort": str(p.host)}] for p in spec.ports
        },
        "CapAdd": list(spec.cap_add),
        "CapDrop": list(spec.cap_drop),
        "Dns": list(spec.dns),
        "ExtraHosts": list(spec.hosts),
        "ReadonlyRootfs": spec.readonly,
        "SecurityOpt": list(spec.security),
        "ShmSize": spec.shm_size or plan.DEFAULT_SHM,
        "UsernsMode": spec.userns,
        "Init": spec.init,
        "Memory": spec.limits.memory or 0,
        "NanoCpus": int((spec.limits.cpus or 0) * 1e9),
        "PidsLimit": spec.limits.pids,
        "Ulimits": [{"Name": u.name, "Soft": u.soft, "Hard": u.hard} for u in spec.ulimits],
    }


def _pair(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    return key, value


def _time(seconds: float) -> str:
    if not seconds:
        return "0001-01-01T00:00:00Z"
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat().replace("+00:00", "Z")

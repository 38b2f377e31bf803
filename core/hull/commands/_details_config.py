"""Config of what `inspect` tells of a container: its program, as Docker's API has it."""

from hull.commands import _listing, _said
from hull.images import imageconfig
from hull.light import Any
from hull.runtime import detached
from hull.state.containers import Container


def document(row: Container) -> dict[str, Any]:
    """Return the document: the image's settings and the container's own over them."""
    spec, image = row.spec, row.config
    inside = [*_listing.exposed(row), *(f"{port.container}/{port.protocol}" for port in spec.ports)]
    check = detached.health(spec, image)
    entrypoint = image.entrypoint if spec.entrypoint is None else () if spec.entrypoint == ("",) else spec.entrypoint
    command = spec.command or (() if spec.entrypoint else image.command)
    volumes = (mount.target for mount in spec.mounts if "anonymous" in mount.options)
    return {
        "Hostname": spec.host_name(row.id),
        "Domainname": spec.domainname,
        "User": spec.user or image.user,
        "AttachStdin": False,
        "AttachStdout": False,
        "AttachStderr": False,
        "ExposedPorts": {word: {} for word in sorted(set(inside))},
        "Tty": spec.tty,
        "OpenStdin": spec.interactive,
        "StdinOnce": False,
        "Env": list(environment(row)),
        "Cmd": list(command) or None,
        "Healthcheck": None if check is None else imageconfig.healthcheck(check),
        "Image": spec.image,
        "Volumes": {path: {} for path in (*image.volumes, *volumes)} or None,
        "WorkingDir": spec.workdir or image.workdir or "/",
        "Entrypoint": list(entrypoint) or None,
        "OnBuild": None,
        "Labels": _listing.labels(row),
        "StopSignal": f"SIG{(spec.stop_signal or 'TERM').removeprefix('SIG')}",
        "StopTimeout": spec.stop_timeout,
        **_said.part(spec, "Config"),
    }


def environment(row: Container) -> tuple[str, ...]:
    """Return the variables that the image and the user set; a name alone is one that is taken away."""
    found: dict[str, str] = {}
    for word in (*row.config.env, *row.spec.env):
        found[word.partition("=")[0]] = word
    return tuple(found.values())

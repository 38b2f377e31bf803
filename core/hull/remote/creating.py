"""A container of another engine: what run and create ask becomes Docker's document."""

from hull.commands import _flags
from hull.errors import Missing, Unsupported, UserError
from hull.light import Any
from hull.log import Event
from hull.model import Endpoint, Health, Mount, Spec
from hull.remote import living, since
from hull.remote.there import Asked, There

OWN = ("cidfile", "detach", "attach", "detach_keys", "sig_proxy", "plan")  # of run and create, not of the container
NO_WORD = {
    "host_loopback": "--host-loopback", "link_local": "--link-local", "egress": "--egress",
    "checkpoint": "--checkpoint", "http_proxy": "--http-proxy",
}  # fmt: skip
NANO = 1_000_000_000
SPREAD = ("private", "rprivate", "slave", "rslave", "shared", "rshared")


def create(there: There, asked: Asked) -> list[str]:
    """Create a container, start nothing."""
    _flags.free(asked.cidfile)
    ident = made(there, spec_of(asked), {})
    _flags.write_cid(asked.cidfile, ident)
    return [ident]


def spec_of(asked: Asked) -> Spec:
    """Return what the flags ask for, read here: files and variables are the caller's."""
    given = {key: value for key, value in vars(asked).items() if key not in (*OWN, "image", "command")}
    return _flags.asked(asked.image, asked.command, **given)


def made(there: There, spec: Spec, streams: dict[str, bool]) -> str:
    """Create it and return its id; an image that is not there is pulled there, as --pull says."""
    since.check_spec(there, spec)
    if spec.pull == "always":
        pull(there, spec.image, spec.platform)
    query = {"name": spec.name, "platform": spec.platform}
    body = {**document(spec), **streams}
    try:
        answered = there.client.json("POST", "/containers/create", query, body)
    except Missing as error:
        if spec.pull != "missing" or "image" not in error.message.lower():
            raise
        pull(there, spec.image, spec.platform)
        answered = there.client.json("POST", "/containers/create", query, body)
    for warning in answered.get("Warnings") or ():
        there.events(Event("warning", spec.name or answered["Id"][:12], str(warning)))
    return str(answered["Id"])


def pull(there: There, image: str, platform: str = "") -> None:
    """Let the engine fetch an image."""
    from hull.remote import images

    images.fetch(there, image, platform)


def document(spec: Spec) -> dict[str, Any]:
    """Return the body of POST /containers/create; what it has no word for is an error."""
    for field, flag in NO_WORD.items():
        if getattr(spec, field):
            raise Unsupported(
                f"cannot create it there with {flag}: Docker's API has no word for it", f"leave {flag} out"
            )
    body: dict[str, Any] = {
        "Image": spec.image,
        "Cmd": list(spec.command) or None,
        "Entrypoint": None if spec.entrypoint is None else list(spec.entrypoint),
        "Env": list(spec.env),
        "WorkingDir": spec.workdir,
        "User": spec.user,
        "Hostname": spec.hostname,
        "MacAddress": spec.mac,
        "Labels": dict(label.partition("=")[::2] for label in spec.labels),
        "Tty": spec.tty,
        "OpenStdin": spec.interactive,
        "StopSignal": spec.stop_signal and f"SIG{spec.stop_signal.removeprefix('SIG')}",
        "StopTimeout": None if spec.stop_timeout is None else int(spec.stop_timeout),
        "Healthcheck": None if spec.health is None else _health(spec.health),
        "ExposedPorts": {f"{port.container}/{port.protocol}": {} for port in spec.ports},
        "HostConfig": _host(spec),
        "NetworkingConfig": {"EndpointsConfig": {e.network: endpoint(e) for e in spec.networks}},
    }
    return {key: value for key, value in body.items() if value not in (None, "", [], {})}


def _host(spec: Spec) -> dict[str, Any]:
    found = {
        "Mounts": [_mount(one) for one in spec.mounts if one.kind != "tmpfs"],
        "Tmpfs": {one.target: ",".join(_tmpfs(one)) for one in spec.mounts if one.kind == "tmpfs"},
        "VolumesFrom": list(spec.volumes_from),
        "NetworkMode": _network(spec),
        "PidMode": spec.pid,
        "IpcMode": spec.ipc,
        "UTSMode": spec.uts,
        "PortBindings": _bindings(spec),
        "PublishAllPorts": spec.publish_all or None,
        "RestartPolicy": living.policy(spec.restart) if spec.restart != "no" else None,
        "AutoRemove": spec.remove or None,
        "CapAdd": list(spec.cap_add),
        "CapDrop": list(spec.cap_drop),
        "SecurityOpt": [_security(one) for one in spec.security],
        "Devices": [_device(one) for one in spec.devices],
        "Dns": list(spec.dns),
        "DnsSearch": list(spec.dns_search),
        "DnsOptions": list(spec.dns_options),
        "ExtraHosts": list(spec.hosts),
        "GroupAdd": list(spec.groups),
        "ReadonlyRootfs": spec.readonly or None,
        "Sysctls": dict(one.partition("=")[::2] for one in spec.sysctls),
        "ShmSize": spec.shm_size,
        "Ulimits": [{"Name": u.name, "Soft": u.soft, "Hard": u.hard} for u in spec.ulimits],
        "UsernsMode": "" if spec.userns == "auto" else spec.userns,
        "Init": None if spec.init else False,
        "LogConfig": _log(spec),
        **living.limited(spec.limits),
    }
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}


def _log(spec: Spec) -> dict[str, Any] | None:
    if not (spec.log_driver or spec.log_options):
        return None
    options = dict(one.partition("=")[::2] for one in spec.log_options)
    return {"Type": spec.log_driver or "json-file", "Config": options}


def _network(spec: Spec) -> str:
    if spec.networks and spec.network == "default":
        return spec.networks[0].network
    return spec.networks[0].network if spec.network in {e.network for e in spec.networks} else spec.network


def endpoint(one: Endpoint) -> dict[str, Any]:
    """Return what is asked of one network."""
    config = {"IPv4Address": one.address, "IPv6Address": one.address6, "LinkLocalIPs": list(one.link_local)}
    found: dict[str, Any] = {"Aliases": list(one.aliases), "MacAddress": one.mac, "Links": list(one.links)}
    found["IPAMConfig"] = {key: value for key, value in config.items() if value}
    found["DriverOpts"] = dict(word.partition("=")[::2] for word in one.options)
    return {key: value for key, value in found.items() if value}


def _bindings(spec: Spec) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for port in spec.ports:
        host = f"{port.host}-{port.last}" if port.last else str(port.host or "")
        binding = {"HostIp": port.address, "HostPort": host}
        found.setdefault(f"{port.container}/{port.protocol}", []).append(binding)
    return found


def _mount(one: Mount) -> dict[str, Any]:
    found: dict[str, Any] = {"Type": one.kind, "Source": one.source, "Target": one.target, "ReadOnly": one.readonly}
    more: dict[str, Any] = {}
    for option in one.options:
        if option in SPREAD:
            more["Propagation"] = option
        elif option == "create":
            more["CreateMountpoint"] = True
        elif option == "nocopy":
            more["NoCopy"] = True
        elif option.startswith("subpath="):
            more["Subpath"] = option.removeprefix("subpath=")
        elif option == "flat":
            more["NonRecursive"] = True
        elif option not in ("rec", "relabel", "rbind"):
            raise Unsupported(f"cannot mount with {option} there: Docker's API has no word for it", "leave it out")
    if more:
        found[{"bind": "BindOptions", "volume": "VolumeOptions"}.get(one.kind, "ImageOptions")] = more
    return {key: value for key, value in found.items() if value not in ("", False)}


def _tmpfs(one: Mount) -> list[str]:
    return [*(["ro"] if one.readonly else []), *one.options]


def _device(text: str) -> dict[str, str]:
    source, _, target = text.partition(":")
    return {"PathOnHost": source, "PathInContainer": target or source, "CgroupPermissions": "rwm"}


def _security(option: str) -> str:
    """Return a security option; a profile's file is the caller's, its text goes."""
    key, equals, value = option.partition("=")
    if key != "seccomp" or not equals or value in ("unconfined", "default", "builtin"):
        return option
    try:
        with open(value, encoding="utf-8") as file:
            return f"seccomp={file.read()}"
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the seccomp profile {value}: {error}", "check the path") from None


def _health(health: Health) -> dict[str, Any]:
    times = {"Interval": health.interval, "Timeout": health.timeout, "StartPeriod": health.start_period,
             "StartInterval": health.start_interval}  # fmt: skip
    found: dict[str, Any] = {key: round(value * NANO) for key, value in times.items() if value}
    return {**found, **({"Retries": health.retries} if health.retries else {}), "Test": list(health.command)}

"""What a HostConfig says of the host's part in a container, its mounts, networks, limits and life apart."""

from typing import Any

from hull.commands import _words
from hull.docker import create_mounts, hidden
from hull.docker.fields import Fields
from hull.errors import Unsupported, UserError
from hull.model import Ulimit

# What cannot be honoured, and why. A value that asks for nothing is no request.
REFUSED = {
    "Cgroup": "hull shares no control groups",
    "CgroupParent": "hull makes a container's group where it may",
    "CpuCount": "it is for Windows",
    "CpuPercent": "it is for Windows",
    "DeviceRequests": "could not select a device driver: hull knows none; name the devices",
    "IOMaximumBandwidth": "it is for Windows",
    "IOMaximumIOps": "it is for Windows",
    "StorageOpt": "a container's size cannot be bounded here",
}
# Words that say what is so anyway, and the field's others.
ONLY = {
    "CgroupnsMode": (("", "private"), "every container has a control-group namespace of its own"),
    "Isolation": (("", "default"), "it is for Windows"),
    "Runtime": (("", "runc", "hull"), "unknown or invalid runtime name"),
}
SHARED = ("IpcMode", "PidMode")  # which may be container:NAME
# Namespaces: the field's words, and what Docker calls the mode.
MODES = {
    "IpcMode": (("", "private", "shareable", "host", "none"), "IPC"),
    "PidMode": (("", "private", "host"), "PID"),
    "UTSMode": (("", "private", "host"), "UTS"),
}
USERNS = ("", "host", "auto")  # the caller's ids, as rootless Docker has them


def refuse(host: Fields) -> None:
    """Raise for the first field that asks for what cannot be."""
    for key, why in REFUSED.items():
        if host.asked(key) and key != "CgroupParent":
            raise Unsupported(f"cannot set {host.name(key)}: {why}")
    for key, (words, why) in ONLY.items():
        if host.text(key) not in words:
            raise Unsupported(f"cannot set {host.name(key)} to {host.text(key)}: {why}")
    for key, (words, kind) in MODES.items():
        mode = host.text(key)
        if mode not in words and not (key in SHARED and _container(mode)):
            raise UserError(f"invalid {kind} mode: {mode}")
    if "" in host.pairs("Annotations"):
        raise UserError("invalid Annotations: the empty string is not permitted as an annotation key")


def read(host: Fields) -> dict[str, Any]:
    """Return the spec's fields."""
    shm = host.number("ShmSize") or 0
    if shm < 0:
        raise UserError("SHM size can not be less than 0")
    userns = host.text("UsernsMode")
    return {
        "volumes_from": create_mounts.inherited(host),
        "readonly": host.flag("ReadonlyRootfs"),
        "groups": tuple(str(group) for group in _groups(host)),
        "cap_add": host.texts("CapAdd"),
        "cap_drop": host.texts("CapDrop"),
        "security": (*host.texts("SecurityOpt"), *hidden.asked(host)),
        "privileged": host.flag("Privileged"),
        "devices": tuple(map(_device, host.each("Devices"))),
        "ulimits": tuple(map(_ulimit, host.each("Ulimits"))),
        "shm_size": shm or None,
        "sysctls": tuple(f"{key}={value}" for key, value in host.pairs("Sysctls").items()),
        "init": host.flag("Init"),
        "userns": "auto" if userns in USERNS else userns,
        **{key: _space(host.text(name)) for key, name in (("ipc", "IpcMode"), ("pid", "PidMode"), ("uts", "UTSMode"))},
    }


def _container(mode: str) -> str:
    """Return whose namespaces a mode asks for, "" for nobody's."""
    kind, _, name = mode.partition(":")
    return name if kind == "container" else ""


def _space(mode: str) -> str:
    return "" if mode == "private" else mode


def _groups(host: Fields) -> list[Any]:
    """Return GroupAdd's words; docker-py sends numbers."""
    found = host.data.get("GroupAdd") or []
    if not isinstance(found, list) or {type(one) for one in found} - {str, int}:  # True is an int, too
        raise host.wrong("GroupAdd", "a list of groups")
    return found


def _device(device: Fields) -> str:
    source, target = device.text("PathOnHost"), device.text("PathInContainer")
    return _words.device(f"{source}:{target or source}:{device.text('CgroupPermissions') or 'rwm'}")


def _ulimit(limit: Fields) -> Ulimit:
    name, soft, hard = limit.text("Name"), limit.number("Soft") or 0, limit.number("Hard") or 0
    if hard != -1 and (soft > hard or soft == -1):
        raise UserError(f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}")
    return Ulimit(name.lower().removeprefix("rlimit_"), soft, hard)

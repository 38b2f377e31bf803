"""HostConfig of what `inspect` tells of a container: what its flags asked, every field of Docker's API there."""

from hull.commands import _said
from hull.light import Any
from hull.model import Limits, Mount, Port
from hull.runtime import plan, protect
from hull.state.containers import Container

ANY = "0.0.0.0"  # noqa: S104 (shown, not bound)
# What Docker's API has and hull has one of, or nothing.
NOTHING: dict[str, Any] = {
    "ContainerIDFile": "",
    "VolumeDriver": "",
    "ConsoleSize": [0, 0],
    "CgroupnsMode": "private",
    "Cgroup": "",
    "IpcMode": "private",
    "Runtime": "runc",
    "Isolation": "",
    "CgroupParent": "",
    "BlkioWeightDevice": [],
    "CpuPeriod": 0,
    "CpuQuota": 0,
    "CpuRealtimePeriod": 0,
    "CpuRealtimeRuntime": 0,
    "CpusetMems": "",
    "DeviceCgroupRules": None,
    "DeviceRequests": None,
    "MemorySwappiness": None,
    "OomKillDisable": None,
    "CpuCount": 0,
    "CpuPercent": 0,
    "IOMaximumIOps": 0,
    "IOMaximumBandwidth": 0,
}
PATHS = ("masked-paths=", "readonly-paths=", "systempaths=")  # words that MaskedPaths and ReadonlyPaths tell
RATES = {
    "BlkioDeviceReadBps": "rbps",
    "BlkioDeviceWriteBps": "wbps",
    "BlkioDeviceReadIOps": "riops",
    "BlkioDeviceWriteIOps": "wiops",
}


def document(row: Container) -> dict[str, Any]:
    """Return the document."""
    spec = row.spec
    policy, _, most = spec.restart.partition(":")
    options = dict(word.split("=", 1) for word in spec.log_options)
    security = protect.parse_security(spec.security)
    binds, mounts = _spelt(spec.mounts)
    said = _said.part(spec, "HostConfig")
    said |= {} if _in_force(said, spec.limits) else {"CpuPeriod": 0, "CpuQuota": 0}
    limits = _limits(spec.limits)
    if said.get("CpuQuota"):
        limits["NanoCpus"] = 0
    if {"Binds", "Mounts"} & said.keys():
        binds, mounts = None, None
    return {
        **NOTHING,
        "Binds": binds or None,
        **({"Mounts": mounts} if mounts else {}),
        "LogConfig": {"Type": spec.log_driver or "json-file", "Config": options},
        "NetworkMode": spec.network,
        "PortBindings": bindings(spec.ports, ""),
        "PublishAllPorts": spec.publish_all,
        "RestartPolicy": {"Name": policy, "MaximumRetryCount": int(most or 0)},
        "AutoRemove": spec.remove,
        "VolumesFrom": list(spec.volumes_from) or None,
        "CapAdd": list(spec.cap_add) or None,
        "CapDrop": list(spec.cap_drop) or None,
        "Dns": list(spec.dns),
        "DnsOptions": list(spec.dns_options),
        "DnsSearch": list(spec.dns_search),
        "ExtraHosts": list(spec.hosts) or None,
        "Egress": list(spec.egress),
        "GroupAdd": list(spec.groups) or None,
        "PidMode": spec.pid,
        "UTSMode": spec.uts,
        "Links": None,
        "Privileged": spec.privileged,
        "ReadonlyRootfs": spec.readonly,
        "SecurityOpt": [word for word in spec.security if not word.startswith(PATHS)] or None,
        "MaskedPaths": list(security.masked),
        "ReadonlyPaths": list(security.readonly),
        "Tmpfs": {m.target: ",".join(words(m)) for m in spec.mounts if m.kind == "tmpfs" and not mounts_say(said, m)},
        "ShmSize": spec.shm_size or plan.DEFAULT_SHM,
        "Sysctls": dict(word.split("=", 1) for word in spec.sysctls),
        "UsernsMode": spec.userns,
        "Init": spec.init,
        "Devices": [_device(word) for word in spec.devices],
        "Ulimits": [{"Name": u.name, "Soft": u.soft, "Hard": u.hard} for u in spec.ulimits],
        **limits,
        **({"IpcMode": spec.ipc} if spec.ipc else {}),
        **said,
        **{key: mode for key, mode in (("IpcMode", spec.ipc), ("PidMode", spec.pid)) if ":" in mode},
        **_log(said, spec.log_driver),
    }


def _log(said: dict[str, Any], driver: str) -> dict[str, Any]:
    """Return LogConfig whole, where a part of it was said."""
    if "LogConfig" not in said:
        return {}
    log = said["LogConfig"]
    return {"LogConfig": {"Type": log.get("Type") or driver or "json-file", "Config": log.get("Config") or {}}}


def _in_force(said: dict[str, Any], limits: Limits) -> bool:
    """Whether a quota that was said is still the limit: an update may have changed it."""
    quota = said.get("CpuQuota", 0) / (said.get("CpuPeriod") or 100_000)
    return "CpuQuota" not in said or limits.cpus == quota


def mounts_say(said: dict[str, Any], mount: Mount) -> bool:
    """Whether a tmpfs was asked for by Mounts."""
    return any(one.get("Target") == mount.target for one in said.get("Mounts", ()))


def _device(word: str) -> dict[str, str]:
    source, _, target = word.partition(":")
    return {"PathOnHost": source, "PathInContainer": target or source, "CgroupPermissions": "rwm"}


def _limits(limits: Limits) -> dict[str, Any]:
    rates = [word.split(" ") for word in limits.devices]
    return {
        "Memory": limits.memory or 0,
        "MemorySwap": limits.memory_swap or 0,
        "MemoryReservation": limits.reservation or 0,
        "NanoCpus": round((limits.cpus or 0) * 1e9),
        "CpuShares": limits.shares or 0,
        "CpusetCpus": limits.cpuset or "",
        "BlkioWeight": limits.block_weight or 0,
        "PidsLimit": limits.pids,
        "OomScoreAdj": limits.oom_score or 0,
        **{
            field: [{"Path": path, "Rate": int(rate)} for key, path, rate in rates if key == word]
            for field, word in RATES.items()
        },
    }


def bindings(ports: tuple[Port, ...], every: str = ANY) -> dict[str, list[dict[str, str]]]:
    """Return ports as PortBindings; `every` is how no address is written."""
    found: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        number = f"{port.host}-{port.last}" if port.last else str(port.host or "")
        binding = {"HostIp": port.address or every, "HostPort": number}
        found.setdefault(f"{port.container}/{port.protocol}", []).append(binding)
    return found


def _spelt(mounts: tuple[Mount, ...]) -> tuple[list[str] | None, list[dict[str, Any]] | None]:
    """Return Binds and Mounts that ask for these mounts; of a tmpfs and of a volume without a name, nothing."""
    binds, others = [], []
    for mount in mounts:
        if mount.kind == "tmpfs" or "anonymous" in mount.options:
            continue
        word = _bind(mount)
        if word:
            binds.append(word)
        else:
            others.append(_mount(mount))
    return binds, others


WORDS = {"overlay": "O", "own": "U", "relabel": "z"}
KINDS = {
    "bind": ("nosuid", "nodev", "noexec", "private", "rprivate", "slave", "rslave", "overlay", "idmap", "relabel"),
    "volume": ("nosuid", "nodev", "noexec", "nocopy", "own", "relabel"),
}


def _bind(mount: Mount) -> str:
    """Return -v's word of a mount, "" where it has none."""
    base = {"rec", "create"} if mount.kind == "bind" else set()
    plain = mount.kind in KINDS and all(word in KINDS[mount.kind] for word in mount.options if word not in base)
    if not plain or ":" in mount.source + mount.target or not base <= set(mount.options):
        return ""
    return ":".join([mount.source, mount.target, *filter(None, [",".join(words(mount))])])


def words(mount: Mount) -> tuple[str, ...]:
    """Return what stands behind a mount's target in -v and --tmpfs."""
    own = () if mount.kind == "tmpfs" else ("rec", "create", "anonymous")
    rest = (WORDS.get(word, word) for word in mount.options if word not in own)
    return (*(("ro",) if mount.readonly else ()), *rest)


def _mount(mount: Mount) -> dict[str, Any]:
    """Return a Mounts entry."""
    asked: dict[str, Any] = {
        "Type": mount.kind,
        "Source": mount.source,
        "Target": mount.target,
        "ReadOnly": mount.readonly,
    }
    words = {key: value for key, _, value in (word.partition("=") for word in mount.options)}
    if mount.kind == "bind":
        spread = next((word for word in words if word.endswith(("private", "slave"))), "")
        return {**asked, "BindOptions": {"Propagation": spread, "NonRecursive": "rec" not in words,
                                         "CreateMountpoint": "create" in words,
                                         "ReadOnlyNonRecursive": "ro-top" in words}}  # fmt: skip
    if mount.kind == "image":
        return {**asked, "ImageOptions": {"Subpath": words.get("subpath", "")}}
    labels = (word[6:].partition("=") for word in mount.options if word.startswith("label:"))
    options = (word[4:].partition("=") for word in mount.options if word.startswith("opt:"))
    return {**asked, "VolumeOptions": {
        "NoCopy": "nocopy" in words, "Subpath": words.get("subpath", ""),
        "Labels": {key: value for key, _, value in labels},
        "DriverConfig": {"Options": {key: value for key, _, value in options}}}}  # fmt: skip

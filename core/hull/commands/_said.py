"""What a client of Docker's API said at a container's creation that has no effect here, or another form.

It hears it again: `inspect` tells it as it was said.
"""

from hull.light import Any
from hull.model import Spec

CONFIG = ("AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce", "ArgsEscaped", "OnBuild", "Shell", "Volumes",
          "MacAddress", "NetworkDisabled")  # fmt: skip
HOST = ("Binds", "Mounts", "ContainerIDFile", "ConsoleSize", "Isolation", "Runtime", "CgroupnsMode", "VolumeDriver",
        "IpcMode", "PidMode", "UTSMode", "DeviceCgroupRules", "Annotations", "LogConfig", "CpuPeriod", "CpuQuota",
        "Devices", "UsernsMode", "VolumesFrom")  # fmt: skip


def keep(body: dict[str, Any], without: tuple[str, ...] = ()) -> str:
    """Return the text that a spec keeps of a body; `without` are fields of HostConfig that were discarded."""
    import json

    host = body.get("HostConfig") or {}
    said = {
        "Config": {key: body[key] for key in CONFIG if body.get(key)},
        "HostConfig": {key: host[key] for key in HOST if host.get(key) and key not in without},
        "Endpoint": _usual((body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}),
    }
    found = {key: value for key, value in said.items() if value}
    return json.dumps(found, separators=(",", ":")) if found else ""


def _usual(endpoints: dict[str, Any]) -> dict[str, Any]:
    """Return what was said of the network of those that name none."""
    found = endpoints.get("bridge") or endpoints.get("default") or {}
    return {key: found[key] for key in ("IPAMConfig", "Links", "DriverOpts") if found.get(key)}


def part(spec: Spec, name: str) -> dict[str, Any]:
    """Return what was said below Config, HostConfig or Endpoint."""
    if not spec.said:
        return {}
    import json

    found: dict[str, Any] = json.loads(spec.said).get(name, {})
    return found

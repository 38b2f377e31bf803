"""What Docker's clients ask of the engine itself: `/version` and `/info`.

ServerVersion is that of the Docker engine whose newest API hull speaks, with hull's own behind a plus sign: clients
compare the number (`28.2.0+hull0.1.0`).
"""

import os
import platform
import uuid
from typing import Any

from hull.docker import host, swarm, system_settings
from hull.docker.versions import NEWEST, OLDEST, Version
from hull.engine import Engine

LIKE = "28.2.0"  # the engine that came with API NEWEST
DRIVER = "overlay2"
RUNTIME = "hull"
LOG_DRIVERS = ("json-file", "none")
NETWORK_DRIVERS = ("bridge", "host", "null", "overlay")  # the last in a swarm


def server_version() -> str:
    """Return the number that clients read."""
    from hull import __version__

    return f"{LIKE}+hull{__version__}"


def version() -> dict[str, Any]:
    """Return the body of `/version`."""
    from hull import __version__

    details = {
        "ApiVersion": str(Version(*NEWEST)),
        "Arch": host.architecture(),
        "BuildTime": "",
        "Experimental": "false",
        "GitCommit": "",
        "GoVersion": f"python{platform.python_version()}",
        "KernelVersion": os.uname().release,
        "MinAPIVersion": str(Version(*OLDEST)),
        "Os": "linux",
    }
    top = {key: value for key, value in details.items() if key != "Experimental"}
    return {
        "Platform": {"Name": "hull"},
        "Components": [
            {"Name": "Engine", "Version": server_version(), "Details": details},
            {"Name": "hull", "Version": __version__, "Details": {"GitCommit": ""}},
        ],
        "Version": server_version(),
        **top,
    }


def info(engine: Engine, asked: Version, listeners: int = 0) -> dict[str, Any]:
    """Return the body of `/info`; `listeners` is how many hear events."""
    from hull.runtime import cgroups

    controllers = cgroups.available()
    found = {
        "ID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"hull:{os.uname().nodename}:{engine.paths.data}")),
        **_containers(engine),
        "Images": len(engine.images.rows.all()),
        "Driver": DRIVER,
        "DriverStatus": [["Supports d_type", "true"], ["userxattr", "true"]],
        "Plugins": plugins(),
        "LoggingDriver": LOG_DRIVERS[0],
        **_limits(controllers),
        **_machine(),
        **_process(listeners),
        "GenericResources": None,
        "DockerRootDir": engine.paths.data,
        **system_settings.document(engine),
        "Labels": [],
        "ServerVersion": server_version(),
        **_runtimes(engine),
        "Swarm": swarm.info(engine),
        "LiveRestoreEnabled": True,
        "Isolation": "",
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=userns" if os.geteuid() == 0 else "name=rootless"],
        "CDISpecDirs": [],
        "Warnings": host.warnings(controllers),
    }
    return _older(found, asked)


def _machine() -> dict[str, Any]:
    name, number = host.distribution()
    return {
        "Name": os.uname().nodename,
        "KernelVersion": os.uname().release,
        "OperatingSystem": name,
        "OSVersion": number,
        "OSType": "linux",
        "Architecture": os.uname().machine,
        "NCPU": os.cpu_count() or 1,
        "MemTotal": host.memory(),
        "IPv4Forwarding": True,
    }


def _process(listeners: int) -> dict[str, Any]:
    return {
        "Debug": False,
        "ExperimentalBuild": False,
        "NFd": len(os.listdir("/proc/self/fd")),
        "NGoroutines": _threads(),
        "NEventsListener": listeners,
        "SystemTime": _now(),
    }


def plugins() -> dict[str, list[str] | None]:
    """Return what drivers there are."""
    return {
        "Volume": ["local"],
        "Network": list(NETWORK_DRIVERS),
        "Authorization": None,
        "Log": [*LOG_DRIVERS],
    }


def _older(found: dict[str, Any], asked: Version) -> dict[str, Any]:
    """Return the body as clients of a version know it."""
    if asked < Version(1, 50):
        found |= {"BridgeNfIptables": False, "BridgeNfIp6tables": False}
    if asked < Version(1, 49):
        for commit in ("ContainerdCommit", "RuncCommit", "InitCommit"):
            found[commit] = {**found[commit], "Expected": found[commit]["ID"]}
    if asked < Version(1, 25):
        names = [word.partition(",")[0].removeprefix("name=") for word in found["SecurityOptions"]]
        found |= {"ExecutionDriver": "<not supported>", "SecurityOptions": names}
    return found


def _containers(engine: Engine) -> dict[str, int]:
    states = [engine.containers.status(row).state for row in engine.containers.all()]
    running, paused = sum(state in ("running", "stopping") for state in states), states.count("paused")
    gone = states.count("gone")
    return {
        "Containers": len(states) - gone,
        "ContainersRunning": running,
        "ContainersPaused": paused,
        "ContainersStopped": len(states) - gone - running - paused,
    }


def _limits(controllers: set[str]) -> dict[str, bool | str]:
    return {
        "MemoryLimit": "memory" in controllers,
        "SwapLimit": "memory" in controllers,
        "CpuCfsPeriod": "cpu" in controllers,
        "CpuCfsQuota": "cpu" in controllers,
        "CPUShares": "cpu" in controllers,
        "CPUSet": "cpuset" in controllers,
        "PidsLimit": "pids" in controllers,
        "OomKillDisable": False,
        "CgroupDriver": "cgroupfs" if controllers else "none",
        "CgroupVersion": "2",
    }


def _threads() -> int:
    import threading

    return threading.active_count()


def _now() -> str:
    import time

    from hull.commands._details import time_text

    return time_text(time.time())


def _runtimes(engine: Engine) -> dict[str, Any]:
    from hull import __version__

    return {
        "Runtimes": {RUNTIME: {"path": engine.launcher()}},
        "DefaultRuntime": RUNTIME,
        "InitBinary": "hull-launch",
        "ContainerdCommit": {"ID": "none"},
        "RuncCommit": {"ID": f"hull {__version__}"},
        "InitCommit": {"ID": f"hull {__version__}"},
    }

"""What happened to a container, from the lines the launcher appended beside it."""

import os

from hull.light import Any, NamedTuple
from hull.state.processes import Process


class Status(NamedTuple):
    """A container's life so far. Times are seconds since the epoch, 0 where it has not happened.

    `state` is created, running, exited or gone; `init` is pid 1 seen from the host.
    """

    state: str
    launcher: Process
    init: Process
    started: float = 0.0
    finished: float = 0.0
    exit_code: int = 0
    oom: bool = False
    error: str = ""
    left: tuple[str, ...] = ()


NOBODY = Process(0, 0, "")


def read(directory: str, boot: str) -> Status:
    """Return the status of the container in `directory`; the launcher's death counts as an exit with 137.

    `boot` is the boot it was started in: pids of another boot are nobody's.
    """
    try:
        with open(f"{directory}/status", "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return Status("created" if os.path.isdir(directory) else "gone", NOBODY, NOBODY)
    return parse(data, boot)


def parse(data: bytes, boot: str) -> Status:
    """Return what a status file's content says; a torn last line was never written."""
    return judge([line for line in data.splitlines() if line.endswith(b"}")], boot)


def judge(lines: list[bytes], boot: str) -> Status:
    """Fold the launcher's lines, oldest first."""
    import json

    status = Status("created", NOBODY, NOBODY)
    for line in lines:
        status = _step(status, json.loads(line), boot)
    if status.state != "exited" and status.launcher.pid and not status.launcher.alive:
        code = 137 if status.init.pid else 125
        status = status._replace(state="exited", exit_code=code, error=status.error or "the launcher was killed")
    return status


def _step(status: Status, event: dict[str, Any], boot: str) -> Status:
    match event["event"]:
        case "created":
            launcher = Process(event["launcher"], event["start"], boot)
            status = Status("created", launcher, NOBODY, started=event["time"])
        case "ready":
            status = status._replace(init=Process(event["pid"], event["start"], boot))
        case "exec":
            status = status._replace(state="running")
        case "exit":
            code, oom = event["code"], event.get("oom", False)
            status = status._replace(state="exited", exit_code=code, oom=oom, finished=event["time"])
        case "failed":
            status = status._replace(state="exited", exit_code=event["code"], error=event["text"])
        case "left":
            status = status._replace(left=(*status.left, event["path"]))
    return status

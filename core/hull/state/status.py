"""What happened to a container, from the lines that launcher, monitor and verbs appended beside it."""

import os

from hull.light import Any, NamedTuple
from hull.state.processes import Process, boot_id

NOBODY = Process(0, 0, "")
UP = ("running", "paused", "stopping")


class Status(NamedTuple):
    """A container's life so far. Times are seconds since the epoch, 0 where it has not happened.

    `state` is a word of state.lifecycle, or gone; `init` is pid 1 seen from the host; `monitor` who stays beside a
    detached container, nobody in the foreground; `health` starting, healthy, unhealthy or "". `idle`: it only waits, or
    waited, while somebody is in it.
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
    monitor: Process = NOBODY
    restarts: int = 0
    health: str = ""
    failing: int = 0
    ended: bool = False
    idle: bool = False

    @property
    def up(self) -> bool:
        """Whether its program is there: running, paused, or asked to stop."""
        return self.state in UP

    @property
    def active(self) -> bool:
        """Whether a process of ours is beside it, also between two runs or on the way to the first."""
        return self.monitor.alive or self.launcher.alive

    @property
    def parent(self) -> Process:
        """The process whose end is the container's: the monitor, in the foreground the launcher."""
        return self.monitor if self.monitor.pid else self.launcher


def read(directory: str, boot: str) -> Status:
    """Return the status of the container in `directory`; the launcher's death counts as an exit with 137.

    `boot` is the boot it was started in: pids of another boot are nobody's.
    """
    data = None
    while True:
        last = data
        try:
            with open(f"{directory}/status", "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return Status("created" if os.path.isdir(directory) else "gone", NOBODY, NOBODY)
        found = parse(data, boot)
        if found.state != "exited" or found.finished or data == last:
            return found  # else who was found dead may have told its end after the file was read


def parse(data: bytes, boot: str) -> Status:
    """Return what a status file's content says; a torn last line was never written."""
    return judge([line for line in data.splitlines() if line.endswith(b"}")], boot)


def judge(lines: list[bytes], boot: str) -> Status:
    """Fold the lines, oldest first, and see who of those that wrote them is still there."""
    import json

    status = Status("created", NOBODY, NOBODY)
    for event in json.loads((b"[" + b",".join(lines) + b"]").decode()):  # one call: ps reads thousands of files
        status = _step(status, event, boot)
    if status.state == "exited" or not status.parent.pid:
        return status
    waiting = status.state == "restarting" or (status.state == "created" and not status.launcher.pid)
    if status.monitor.alive or (status.launcher.alive and not waiting):
        return status  # a monitor tells the end of a launcher that has died
    who = "the launcher was killed" if status.launcher.pid and not waiting else "the monitor was killed"
    error = status.error or (who if boot == boot_id() else "the machine was restarted")
    code = status.exit_code if status.state == "restarting" else 137 if status.init.pid else 125
    return status._replace(state="exited", exit_code=code, error=error)


def append(directory: str, event: str, time: float, **more: Any) -> None:
    """Add a verb's own line, whole or not at all; `more` are further fields, as JSON has them."""
    import json

    line = json.dumps({"event": event, **more, "time": round(time, 6)}, separators=(",", ":"))
    descriptor = os.open(f"{directory}/status", os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)


def _step(status: Status, event: dict[str, Any], boot: str) -> Status:
    changes: dict[str, Any] = {}
    match event["event"]:
        case "monitor":
            status = Status("created", NOBODY, NOBODY, monitor=Process(event["pid"], event["start"], boot))
        case "created":
            status = _begin(status, Process(event["launcher"], event["start"], boot), event["time"])
        case "ready":
            changes = {"init": Process(event["pid"], event["start"], boot)}
        case "exec" if status.state != "stopping":
            changes = {"state": "running"}
        case "exit":
            oom, finished = event.get("oom", False), event["time"]
            changes = {"state": "exited", "exit_code": event["code"], "oom": oom, "finished": finished}
        case "failed":
            finished = event.get("time", 0.0)
            changes = {"state": "exited", "exit_code": event["code"], "error": event["text"], "finished": finished}
        case "left":
            changes = {"left": (*status.left, event["path"])}
        case "idle":
            changes = {"idle": True}
        case "then":  # the launcher has become something else
            changes = {"launcher": NOBODY}
        case _:
            changes = _later(status, event)
    return status._replace(**changes) if changes else status


def _begin(status: Status, launcher: Process, time: float) -> Status:
    """Begin a run; what the monitor knows over several runs stays."""
    if status.ended:
        return Status("created", launcher, NOBODY, started=time)
    state = "stopping" if status.state == "stopping" else "created"
    anew: dict[str, Any] = {"init": NOBODY, "finished": 0.0, "exit_code": 0, "oom": False, "error": "", "idle": False}
    return status._replace(state=state, launcher=launcher, started=time, **anew)


def _later(status: Status, event: dict[str, Any]) -> dict[str, Any]:
    """Return what the monitor's and the verbs' lines change."""
    match event["event"]:
        case "stopping" if status.state != "exited":
            return {"state": "stopping"}
        case "restarting":
            return {"state": "restarting", "restarts": event["count"], "exit_code": event["code"], "init": NOBODY}
        case "paused" | "unpaused" as word if status.state in ("running", "paused"):
            return {"state": "paused" if word == "paused" else "running"}
        case "health":
            return {"health": event["status"], "failing": event["failing"]}
        case "ended":
            return {"state": "exited", "finished": status.finished or event["time"], "ended": True}
    return {}

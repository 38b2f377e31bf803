"""The commands that ran inside since the last checkpoint: a file each beside the upper, which its launcher ends.

The first line says what was run; the others are the launcher's own, as in a container's status file.
"""

import json
import os
import time

from hull.light import NamedTuple
from hull.state import status
from hull.state.processes import boot_id

PLACE = "ran"
LONGEST = 60.0  # seconds from the asking to the launcher's first word


class Ended(NamedTuple):
    """A command that is over. `path` is its file, "" for the container's own program."""

    path: str
    label: str
    code: int | None
    when: float


def begin(directory: str, label: str) -> str:
    """Return the file that the launcher of a command is to append to."""
    os.makedirs(f"{directory}/{PLACE}", 0o700, exist_ok=True)
    path = f"{directory}/{PLACE}/{time.time_ns():020}-{os.getpid()}"
    with open(path, "x", encoding="utf-8") as file:
        asked = {"event": "asked", "label": label, "boot": boot_id(), "time": time.time()}
        file.write(f"{json.dumps(asked)}\n")
    return path


def ended(directory: str) -> list[Ended]:
    """Return the commands that are over, in the order of their ends; one whose launcher was killed ended with 137.

    One whose launcher has not said a word yet is about to run, for as long as its asker may take. A file without a
    whole first line is being written by its asker, or was when the machine stopped: it tells of nothing.
    """
    found = []
    try:
        names = os.listdir(f"{directory}/{PLACE}")
    except FileNotFoundError:
        return []
    for name in names:
        path = f"{directory}/{PLACE}/{name}"
        with open(path, "rb") as file:
            first, *rest = file.read().splitlines() or [b""]
        try:
            asked = json.loads(first)
        except ValueError:
            continue
        told = status.judge([line for line in rest if line.endswith(b"}")], asked["boot"])
        if told.state == "exited":
            found.append(Ended(path, asked["label"], told.exit_code, told.finished or asked["time"]))
        elif not told.launcher.pid and time.time() - asked["time"] > LONGEST:
            os.unlink(path)
    return sorted(found, key=lambda one: one.when)


def forget(commands: list[Ended]) -> None:
    """Drop what a checkpoint tells of now."""
    for one in commands:
        if one.path:
            os.unlink(one.path)

"""What a process and all its descendants hold in memory at the most."""

import os
import subprocess
import time
from contextlib import suppress

PAUSE = 0.01


def peak(process: "subprocess.Popen[bytes]") -> int:
    """Return the largest sum of the proportional set sizes, bytes, looked at until the process ends."""
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(_held, _tree(process.pid))))
        time.sleep(PAUSE)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return most


def _tree(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{thread}/children", encoding="ascii") as file:
                    found += [int(word) for word in file.read().split()]
    return found


def _held(pid: int) -> int:
    with suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return 0

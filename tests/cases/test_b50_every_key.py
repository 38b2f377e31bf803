"""B50: each control byte arrives alone and at once; no key is held back for ourselves."""

import statistics
import time

from tests.cases.conftest import Terminal
from tests.commandline import CommandLine

SHOW = "stty raw -echo; echo up; while :; do dd bs=1 count=1 2>/dev/null | od -An -tx1; done"


def test_b50_control_bytes_arrive_alone(cli: CommandLine, terminal: Terminal) -> None:
    child = terminal(*cli.argv("run", "-it", "--rm", "--network", "none", "busybox", "sh", "-c", SHOW))
    child.expect_exact("up")
    child.delaybeforesend = None
    waits = []
    for byte in range(0x20):
        begun = time.perf_counter()
        child.send(bytes([byte]))
        child.expect_exact(f" {byte:02x}")
        waits.append(time.perf_counter() - begun)
    assert statistics.median(waits) < 0.05

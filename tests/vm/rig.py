"""Boot the virtual machine on a tree, run tests inside as its login user, and bring their results out.

No KVM: every instruction is emulated, five to fifteen times slower. The console is the first serial line, pytest's
JUnit report the second; the machine turns itself off.
"""

import os
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import NamedTuple

from tests.vm import project, system

MEMORY = "1536"
KERNEL_WORDS = "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 mitigations=off net.ifnames=0"


class Result(NamedTuple):
    """One test inside: `outcome` is passed, failed or skipped, `why` its report."""

    name: str
    outcome: str
    why: str


class Report(NamedTuple):
    """What came out. No results, or a machine that had to be ended, is a failure that `console` explains."""

    results: tuple[Result, ...]
    console: str
    ended: bool

    def named(self, outcome: str) -> list[str]:
        """Return the names of the tests that ended so."""
        return [result.name for result in self.results if result.outcome == outcome]


def run(tree: str, place: str, words: str = "tests/vm/inside", minutes: float = 11) -> Report:
    """Run pytest with `words` inside, on the project at `tree`; `place` is a scratch directory."""
    machine = system.ensure()
    disk = project.build(tree, place, words)
    console, results = f"{place}/console", f"{place}/results"
    process = subprocess.Popen(
        _argv(machine, disk, console, results), stdin=subprocess.DEVNULL, env={**os.environ, "TMPDIR": place}
    )
    try:
        process.wait(minutes * 60)
        ended = False
    except subprocess.TimeoutExpired:
        ended = True
    finally:
        process.kill()
        process.wait()
    with open(console, errors="replace") as file:
        return Report(_read(results), file.read().replace("\r", ""), ended)


def _argv(machine: system.System, project_disk: str, console: str, results: str) -> list[str]:
    """Return qemu's command line. `snapshot` sends every write to a file of $TMPDIR that has no name."""
    drives = [f"file={path},format=raw,if=virtio,snapshot=on" for path in (machine.disk, project_disk)]
    return [
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"),
        *("-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", MEMORY),
        *("-kernel", machine.kernel, "-initrd", machine.initrd, "-append", KERNEL_WORDS),
        *(word for drive in drives for word in ("-drive", drive)),
        *("-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net,romfile="),
        *("-serial", f"file:{console}", "-serial", f"file:{results}"),
    ]


def _read(path: str) -> tuple[Result, ...]:
    """Read the reports, one after another; one that was cut off is a failure."""
    with open(path, encoding="utf-8", errors="replace") as file:
        _, *reports = file.read().split("<?xml ")
    return tuple(result for report in reports for result in _results(f"<?xml {report}"))


def _results(report: str) -> Iterator[Result]:
    try:
        suites = list(ET.fromstring(report.strip()).iter("testsuite"))
    except ET.ParseError as error:
        yield Result("report", "failed", str(error))
        return
    for suite in suites:
        yield from (_result(case, suite.get("name", "")) for case in suite.iter("testcase"))


def _result(case: ET.Element, who: str) -> Result:
    name = f"{who}: {case.get('classname')}.{case.get('name')}"
    for tag, outcome in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        found = case.find(tag)
        if found is not None:
            return Result(name, outcome, found.text or found.get("message") or "")
    return Result(name, "passed", "")

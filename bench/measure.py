"""Timing: whole processes by posix_spawn and wait4, two sides taken turn by turn, medians, one ratio."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

Sample = Callable[[], float]


class Side(NamedTuple):
    """One of the two things compared: what it is, its version, and how to take one sample of it."""

    label: str
    version: str
    sample: Sample


class Figure(NamedTuple):
    """A comparison. The ratio may be at most `bound`, at least `least`; without either it is for the record."""

    title: str
    ours: Side
    peer: Side
    mine: float
    theirs: float
    runs: int
    unit: str = "ms"
    bound: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        return self.mine / self.theirs

    @property
    def holds(self) -> bool:
        """Whether the ratio keeps its bounds."""
        return (self.bound is None or self.ratio <= self.bound) and (self.least is None or self.ratio >= self.least)


class Skipped(NamedTuple):
    """A figure that this machine cannot give, and why."""

    title: str
    reason: str


def process(argv: Sequence[str], env: dict[str, str] | None = None, expect: int = 0) -> float:
    """Return the seconds from spawn to reaped of one process, its three streams at /dev/null."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)]
    actions += [(os.POSIX_SPAWN_OPEN, stream, "/dev/null", os.O_WRONLY, 0) for stream in (1, 2)]
    begun = time.perf_counter()
    pid = os.posix_spawn(argv[0], list(argv), os.environ if env is None else env, file_actions=actions)
    _, status, _ = os.wait4(pid, 0)
    elapsed = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status) != expect:
        raise RuntimeError(f"{' '.join(argv)}: exit {os.waitstatus_to_exitcode(status)}")
    return elapsed


def interleave(ours: Side, peer: Side, runs: int, warm: int = 3) -> tuple[float, float]:
    """Return the two medians in seconds; who goes first changes every round, the first `warm` rounds do not count."""
    mine, theirs = [], []
    for turn in range(warm + runs):
        order = ((ours, mine), (peer, theirs)) if turn % 2 else ((peer, theirs), (ours, mine))
        for side, samples in order:
            value = side.sample()
            if turn >= warm:
                samples.append(value)
    return statistics.median(mine), statistics.median(theirs)


def compare(title: str, ours: Side, peer: Side, runs: int = 50, **rules: float | str) -> Figure:
    """Return the figure of two sides whose samples are seconds, in milliseconds."""
    mine, theirs = interleave(ours, peer, runs)
    return Figure(title, ours, peer, mine * 1e3, theirs * 1e3, runs, **rules)  # type: ignore[arg-type]

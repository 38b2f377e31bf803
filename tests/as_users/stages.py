"""The table of stages, and how one is run: as its identity, in its tree, with a time limit of its own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple

from tests.as_users import processes, pythons
from tests.as_users.identities import Identity
from tests.as_users.tally import UNSTABLE, Outcome, read_junit

AGAIN, MOST = 3, 2  # times that each of a few failed tests runs by itself, and that it must pass then
LAUNCHER = "core/hull/runtime/launcher"
VM = "tests/vm"  # once, by root, as the last stage
RUNNER = "tests/as_users"  # starts pytest again and again: once, too


class Stage(NamedTuple):
    """One thing to run. `pytest`: argv are pytest's arguments and its counts are read; else one check, pass or fail."""

    who: Identity
    title: str
    argv: tuple[str, ...]
    minutes: float
    pytest: bool = True
    env: tuple[tuple[str, str], ...] = ()


def everything(people: list[Identity]) -> Iterator[Stage]:
    """Yield the whole suite, fast stages first; a later one's environment is made when its turn comes."""
    main, me = people[0], people[-1]
    yield Stage(me, "linter", (f"{me.tree}/.venv/bin/ruff", "check", "."), 1, pytest=False)
    yield Stage(me, "format", (f"{me.tree}/.venv/bin/ruff", "format", "--check", "."), 1, pytest=False)
    yield Stage(me, "types", (f"{me.tree}/.venv/bin/mypy",), 3, pytest=False)
    yield Stage(main, "unit", ("-n", "2", "-m", "not real"), 5)
    yield Stage(main, "launcher", ("-n", "2", "-m", "not serial", "tests/launcher"), 5)
    yield Stage(
        main, "containers", ("-n", "2", "-m", "real and not serial", "--ignore", "tests/launcher", "--ignore", VM), 25
    )
    yield Stage(main, "containers, one at a time", ("-m", "real and serial", "--ignore", VM), 10)
    for who in people[1:]:
        yield Stage(who, who.part, ("-n", "2", "-m", f"{who.part} and not serial"), 8)
        yield Stage(who, f"{who.part}, one at a time", ("-m", f"{who.part} and serial"), 8)
    yield from sanitized(main)
    yield from fuzzing(main, 12)
    for version, python in pythons.others(me.tree):
        argv = ("-n", "2", "-m", "not real or smoke", "--ignore", RUNNER)
        yield Stage(me, f"Python {version}", argv, 6, env=(("PYTHON", python),))
    if me.uid == 0:
        yield Stage(me, "virtual machine", ("-s", VM), 12)


def sanitized(who: Identity) -> Iterator[Stage]:
    """Yield the analysers over the launcher's C, then its tests over a build with the sanitizers."""
    for target in ("analyse", "asan"):
        yield Stage(who, f"launcher: {target}", ("make", "-s", "-C", LAUNCHER, target), 5, pytest=False)
    env = (("HULL_LAUNCHER", f"{who.tree}/build/launcher/hull-launch-asan"),)
    yield Stage(who, "launcher, sanitized", ("-n", "2", "-m", "not serial", "tests/launcher"), 12, env=env)


def fuzzing(who: Identity, seconds: int) -> Iterator[Stage]:
    """Yield every fuzzer, `seconds` each: the launcher's plan reader, then the Python ones (tests/fuzz)."""
    minutes = seconds / 60 + 2
    clang = next(
        (name for name in ("clang", *(f"clang-{n}" for n in range(25, 13, -1))) if shutil.which(name)), "clang"
    )
    argv = ("make", "-s", "-C", LAUNCHER, "fuzz", f"SECONDS={seconds}", f"CLANG={clang}")
    yield Stage(who, "fuzz: plan reader", argv, minutes, pytest=False)
    for name in sorted(os.listdir(f"{who.tree}/tests/fuzz") if os.path.isdir(f"{who.tree}/tests/fuzz") else ()):
        with open(f"{who.tree}/tests/fuzz/{name}") as source:
            runs = name.endswith(".py") and "__main__" in source.read()
        if runs:
            argv = (who.python, "-m", f"tests.fuzz.{name[:-3]}", str(seconds))
            yield Stage(who, f"fuzz: {name[:-3]}", argv, minutes, pytest=False)


def run(stage: Stage) -> Outcome:
    """Run one stage to its end or its time limit; what it prints is shown as it comes."""
    print(f"\n== {stage.who.name}: {stage.title}", flush=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hull-junit-") as place:
        os.chown(place, stage.who.uid, stage.who.gid)
        report = f"{place}/junit.xml"
        try:
            status, late = _spawn(stage, report)
        except OSError as error:
            return Outcome(stage.title, 0, 0, 0, problem=f"cannot start: {error}")
        if late:
            return Outcome(stage.title, time.monotonic() - begun, 0, 0, problem=late)
        if not stage.pytest:
            return Outcome(stage.title, time.monotonic() - begun, int(status == 0), int(status != 0))
        try:
            passed, failed, skips = read_junit(report)
        except (OSError, SyntaxError) as error:
            problem = f"no report (exit {status}): {error}"
            return Outcome(stage.title, time.monotonic() - begun, 0, 0, problem=problem)
        unstable = _alone(stage, failed, f"{place}/again.xml") if len(failed) <= UNSTABLE else ()
    odd = status not in (0, 1) or (status == 1 and not failed)
    problem = f"pytest ended with status {status}" if odd else ""
    seconds, broken = time.monotonic() - begun, tuple(test for test in failed if test not in unstable)
    return Outcome(stage.title, seconds, passed + len(unstable), len(broken), skips, problem, unstable, broken)


def _alone(stage: Stage, failed: tuple[str, ...], report: str) -> tuple[str, ...]:
    """Return which of these tests pass by themselves, most times: a race, not a thing that is broken."""
    unstable = []
    for test in failed:
        print(f"\n== {stage.who.name}: {stage.title}: again, alone: {test}", flush=True)
        options = [word for at, word in enumerate(stage.argv) if "-o" in stage.argv[max(at - 1, 0) : at + 1]]
        alone = stage._replace(argv=(*options, "-p", "no:cacheprovider", test))
        if sum(_spawn(alone, report) == (0, "") for _ in range(AGAIN)) >= MOST:
            unstable.append(test)
    return tuple(unstable)


def _spawn(stage: Stage, report: str) -> tuple[int, str]:
    """Return the exit status and, where it took too long, what it was at then."""
    env = stage.who.env() | dict(stage.env)
    argv = list(stage.argv)
    if stage.pytest:
        python = env.pop("PYTHON", stage.who.python)
        options = ["-q", "-o", "faulthandler_timeout=300", "-o", "junit_family=xunit1", f"--junitxml={report}"]
        argv = [python, "-m", "pytest", *options, *argv]
        argv += [f"--basetemp={os.path.dirname(report)}/t"] if stage.who.uid == 0 else []  # others' runs close /tmp's
    person = {"user": stage.who.uid, "group": stage.who.gid, "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen(
        argv, env=env, cwd=stage.who.tree, stdin=subprocess.DEVNULL, start_new_session=True, umask=0o022, **person
    )
    try:
        return process.wait(stage.minutes * 60), ""
    except subprocess.TimeoutExpired:
        late = _end(process, stage)
    return process.wait(), late


def _end(process: "subprocess.Popen[bytes]", stage: Stage) -> str:
    members = processes.family(process.pid)
    late = f"still running after {stage.minutes:g} minutes"
    print(f"\n{stage.title}: {late}, ended:", flush=True)
    for depth, member in members:
        print(f"{'  ' * depth}  {member}")
    for left in processes.end(process.pid):
        print(f"  cannot be ended: {left}")
    return ", at ".join((late, *processes.tests_of(members)))

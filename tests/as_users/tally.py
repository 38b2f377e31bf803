"""What came out: every skip with its reason, one line an identity, one closing line over all."""

import os
import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

UNSTABLE = 5  # so many in a run are told; more are failures
ALLOWED = os.path.join(os.path.dirname(__file__), "skips.txt")


class Outcome(NamedTuple):
    """One stage's result. `skips` are (test, reason); `problem` says what made the stage itself fail, else "".

    `unstable` are tests that failed among the others and passed by themselves, most times of a few; `broken` are
    the others of the `failed`, as far as they have names.
    """

    title: str
    seconds: float
    passed: int
    failed: int
    skips: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    unstable: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


def read_junit(path: str) -> tuple[int, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return how many passed, the ids of what failed, and the skips of a pytest run's JUnit file (xunit1)."""
    passed = 0
    failed = []
    skips = []
    for case in ET.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{case.get('file')}::{case.get('name')}")
        elif skipped is not None and skipped.get("type") == "pytest.skip":
            skips.append((name, skipped.get("message") or ""))
        else:
            passed += 1
    return passed, tuple(failed), tuple(skips)


class Tally:
    """Adds up outcomes. Under `strict` (CI) a skip whose reason skips.txt does not allow is a failure."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.outcomes: list[tuple[str, Outcome]] = []
        with open(ALLOWED) as lines:
            self.allowed = [re.compile(line.strip()) for line in lines if line.strip() and not line.startswith("#")]

    def add(self, who: str, outcome: Outcome) -> None:
        """Take one stage's outcome."""
        self.outcomes.append((who, outcome))

    def refused(self) -> list[tuple[str, str]]:
        """Return the skips that nothing allows: a capability that should be here is not."""
        skips = [(who, *skip) for who, outcome in self.outcomes for skip in outcome.skips]
        return [
            (test, why) for who, test, why in skips if not any(rule.search(f"{who}: {why}") for rule in self.allowed)
        ]

    def close(self) -> int:
        """Print the skips, the stages and the closing line; return the exit status."""
        refused = self.refused() if self.strict else []
        unstable = [(who, test) for who, one in self.outcomes for test in one.unstable]
        self._print_skips()
        if unstable:
            print("\n== unstable: failed among the others, passed alone most times; what it printed stands above")
        for who, test in unstable:
            print(f"{who}: {test}")
        for test, why in refused:
            print(f"FAILED (a skip that CI does not allow) {test}: {why}")
        print("\n== summary")
        for who, one in self.outcomes:
            counts = f"{one.passed} passed, {one.failed} failed, {len(one.skips)} skipped"
            print(
                f"{who:<12} {one.title:<28} {one.seconds:6.0f} s   {counts}{'   ' + one.problem if one.problem else ''}"
            )
        passed = sum(one.passed for _, one in self.outcomes)
        failed = sum(one.failed + bool(one.problem) for _, one in self.outcomes) + len(refused)
        failed += len(unstable) if len(unstable) > UNSTABLE else 0
        skipped = sum(len(one.skips) for _, one in self.outcomes) - len(refused)
        for who, test in [(who, test) for who, one in self.outcomes for test in one.broken]:
            print(f"FAILED {who}: {test}")
        print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)
        return 1 if failed or not passed else 0

    def _print_skips(self) -> None:
        reasons: dict[tuple[str, str], list[str]] = {}
        for who, one in self.outcomes:
            for test, why in one.skips:
                reasons.setdefault((who, why), []).append(test)
        if reasons:
            print("\n== skipped")
        for (who, why), tests in sorted(reasons.items()):
            print(f"{who}: {why}")
            for test in sorted(set(tests)):
                print(f"    {test}")

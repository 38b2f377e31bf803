"""The closing line counts what happened, and CI refuses a skip that nothing allows."""

from pathlib import Path

import pytest

from tests.as_users.tally import Outcome, Tally, read_junit

JUNIT = """<testsuites><testsuite>
<testcase classname="a" file="a.py" name="passes"/>
<testcase classname="a" file="a.py" name="fails"><failure message="no"/></testcase>
<testcase classname="a" file="a.py" name="breaks"><error message="no"/></testcase>
<testcase classname="a" name="skips"><skipped type="pytest.skip" message="needs tun: cannot open"/></testcase>
</testsuite></testsuites>"""


FAILED = ("a.py::fails", "a.py::breaks")


def test_junit_counts(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(JUNIT)
    assert read_junit(str(tmp_path / "junit.xml")) == (1, FAILED, (("a.skips", "needs tun: cannot open"),))


@pytest.mark.parametrize(("strict", "why", "status"), [
    (False, "needs tun: cannot open", 0),
    (True, "needs tun: cannot open", 1),
    (True, "needs root: the as_root part runs it", 0),
    (True, "needs range: no subordinate ids", 1),
])  # fmt: skip
def test_only_ci_refuses_skips(capsys: pytest.CaptureFixture[str], strict: bool, why: str, status: int) -> None:
    tally = Tally(strict=strict)
    tally.add("someone", Outcome("unit", 1.0, 3, 0, (("a.b", why),)))
    assert tally.close() == status
    assert capsys.readouterr().out.splitlines()[-1] == f"3 passed, {status} failed, {1 - status} skipped"


def test_a_stage_without_a_report_fails(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(strict=False)
    tally.add("someone", Outcome("unit", 1.0, 3, 0))
    tally.add("someone", Outcome("launcher", 1.0, 0, 0, problem="no report"))
    assert tally.close() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed, 1 failed, 0 skipped"


def test_what_failed_is_named_last(capsys: pytest.CaptureFixture[str]) -> None:
    """A long log is often cut to its end."""
    tally = Tally(strict=True)
    tally.add("someone", Outcome("unit", 1.0, 3, 1, broken=("a.py::fails",)))
    assert tally.close() == 1
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "FAILED someone: a.py::fails",
        "",
        "3 passed, 1 failed, 0 skipped",
    ]


@pytest.mark.parametrize(("count", "failed"), [(1, 0), (5, 0), (6, 6)])
def test_a_few_unstable_tests_are_told_and_more_are_failures(
    capsys: pytest.CaptureFixture[str], count: int, failed: int
) -> None:
    tally = Tally(strict=True)
    tally.add("someone", Outcome("unit", 1.0, 9, 0, unstable=tuple(f"a.py::test_{n}" for n in range(count))))
    assert tally.close() == (1 if failed else 0)
    told = capsys.readouterr().out
    assert f"someone: a.py::test_{count - 1}\n" in told
    assert told.splitlines()[-1] == f"9 passed, {failed} failed, 0 skipped"


def test_nothing_run_fails() -> None:
    assert Tally(strict=False).close() == 1

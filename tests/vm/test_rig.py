"""What comes out of the machine is read whole, and a report that is cut off never passes for one."""

from pathlib import Path

from tests.vm import project, rig

FIRST = """<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="one">
<testcase classname="a" name="passes"/>
<testcase classname="a" name="fails"><failure message="no">where</failure></testcase>
<testcase classname="a" name="breaks"><error message="no"/></testcase>
</testsuite></testsuites>
"""
SECOND = """<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="two">
<testcase classname="a" name="skips"><skipped message="why"/></testcase>
</testsuite></testsuites>
"""


def read(tmp_path: Path, text: str) -> rig.Report:
    (tmp_path / "results").write_text(text)
    return rig.Report(rig._read(str(tmp_path / "results")), "", ended=False)


def test_every_test_of_every_user_is_a_result(tmp_path: Path) -> None:
    report = read(tmp_path, FIRST + SECOND)
    assert report.named("passed") == ["one: a.passes"]
    assert report.named("failed") == ["one: a.fails", "one: a.breaks"]
    assert report.named("skipped") == ["two: a.skips"]
    assert [result.why for result in report.results] == ["", "where", "no", "why"]


def test_a_report_that_is_cut_off_fails(tmp_path: Path) -> None:
    assert read(tmp_path, FIRST + SECOND[:90]).named("failed") == ["one: a.fails", "one: a.breaks", "report"]


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "").results == ()


def test_what_is_installed_here_is_carried_with_what_it_needs() -> None:
    carried = project._closure(("pytest>=8", "no-such-distribution; python_version > '9'"))
    assert {"pytest", "pluggy", "iniconfig"} <= carried
    assert "no-such-distribution" not in carried

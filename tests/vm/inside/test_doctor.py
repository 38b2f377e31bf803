"""`hull doctor` on an ordinary installation of 2022: everything works, but for what that kernel lacks."""

import pytest


@pytest.fixture(scope="module")
def report(cli):
    """Ask once: every effect is tried, which takes its time here."""
    done = cli("doctor")
    print(done.stdout.decode())
    assert done.returncode == 0
    return [line for line in done.stdout.decode().splitlines() if not line.startswith(" ")]


def test_only_what_the_kernel_lacks_is_warned_of(report):
    assert not [line for line in report if line.startswith("fail")]
    warned = [line for line in report if line.startswith("warn") and "known faults" not in line]
    assert len(warned) == 1, warned
    assert "one by one" in warned[0]


def test_limits_work_below_the_service_manager(report):
    limits = [line for line in report if "limit memory" in line]
    assert len(limits) == 1
    assert limits[0].startswith("ok")
    assert "/user@" in limits[0]

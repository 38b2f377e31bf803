"""After the reboot nothing pretends to run, and what is to run comes back by the one unit, under its limits."""

import json
import os
import subprocess

import pytest

from tests.vm.inside.reboots import BACK, HOME, HONEST, NOTES, boot
from tests.vm.inside.test_detached import group, state

UNITS = f"{HOME}/.config/systemd/user"


@pytest.fixture(scope="module", autouse=True)
def settled():
    """Be a later boot, and wait for the unit: asked to start, systemd answers when it has."""
    with open(NOTES) as file:
        assert json.load(file)["boot"] != boot()
    (unit,) = [name for name in os.listdir(UNITS) if name.startswith("hull-autostart")]
    started = subprocess.run(["systemctl", "--user", "start", unit], capture_output=True, text=True, check=False)
    print(subprocess.run(["systemctl", "--user", "status", unit], capture_output=True, text=True, check=False).stdout)
    assert started.returncode == 0, started.stderr
    yield
    for cli in (BACK, HONEST):
        cli("rm", "-f", *cli("ps", "-aq", check=True).stdout.decode().split(), check=True)


def test_those_that_are_to_run_do():
    found = {name: state(BACK, name)["Status"] for name in ("always", "kept", "once", "halted")}
    assert found == {"always": "running", "kept": "running", "once": "exited", "halted": "exited"}
    assert BACK("exec", "always", "cat", "/starts", check=True).stdout == b"start\n" * 2
    assert (group(BACK, "always") / "memory.max").read_text() == "67108864\n"


def test_without_the_unit_everything_is_exited_until_it_is_asked_for():
    assert HONEST("ps", "-q", check=True).stdout == b""
    for name in ("always", "once"):
        found = state(HONEST, name)
        assert (found["Status"], found["Running"], found["Pid"]) == ("exited", False, 0)
    assert HONEST("autostart", "run", check=True).stdout == b"always\n"
    assert state(HONEST, "always")["Running"] is True
    assert state(HONEST, "once")["Running"] is False


def test_disable_removes_exactly_what_was_written():
    before = {place: set(names) for place, _, names in os.walk(UNITS)}
    assert b"removed: the unit" in BACK("autostart", "disable", check=True).stdout
    after = {name for _, _, names in os.walk(UNITS) for name in names}
    assert not [name for name in after if "hull" in name], before
    assert state(BACK, "kept")["Running"] is True, "what runs goes on"
    assert BACK("autostart", "disable", check=True).stdout == b"nothing to remove\n"
    assert BACK("autostart", "status", check=True).stdout.startswith(b"disabled")

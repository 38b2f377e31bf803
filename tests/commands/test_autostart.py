"""One unit or one line of the crontab is written, found and removed; it starts who is to run."""

import json
import os
import shlex
import stat

import pytest
from hull.runtime import autostart
from hull.runtime.autostart import Store

OTHERS = "# mine\n5 4 * * * true\n@reboot hull autostart run # of another\n"
CRONTAB = """#!/bin/sh
case "$1" in
-l) cat {file} 2>/dev/null || {{ echo "no crontab for $USER" >&2; exit 1; }} ;;
-r) rm {file} ;;
-) cat >{file} ;;
esac
"""


@pytest.fixture
def cron(cli, tmp_path):
    """Give the environment of a user without a systemd manager but with a crontab, and the crontab's file."""
    file, tool = tmp_path / "crontab.txt", tmp_path / "bin/crontab"
    tool.parent.mkdir()
    tool.write_text(CRONTAB.format(file=shlex.quote(str(file))))
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    path = f"{tool.parent}:{os.environ['PATH']}"
    env = cli.env(PATH=path, XDG_RUNTIME_DIR=os.environ["XDG_RUNTIME_DIR"], DBUS_SESSION_BUS_ADDRESS="")
    return env, file


@pytest.mark.needs("ordinary")
def test_a_line_is_written_once_and_only_it_is_removed(cli, cron):
    env, file = cron
    file.write_text(OTHERS)
    for _ in range(2):
        assert cli("autostart", "enable", env=env, check=True).stdout == b"written: a line of the crontab\n"
    (line,) = file.read_text().removeprefix(OTHERS).splitlines()
    assert line.startswith("@reboot ")
    assert line.endswith(f"# hull-autostart {cli.root}")
    assert f"HULL_ROOT={cli.root}" in line
    assert cli("autostart", "status", env=env, check=True).stdout.startswith(
        b"enabled: the line of the crontab: @reboot"
    )
    assert cli("autostart", "disable", env=env, check=True).stdout == b"removed: the line of the crontab\n"
    assert file.read_text() == OTHERS
    assert cli("autostart", "disable", env=env, check=True).stdout == b"nothing to remove\n"
    assert cli("autostart", "status", env=env, check=True).stdout.startswith(b"disabled")


@pytest.mark.needs("ordinary")
def test_a_reset_takes_its_line_along(fresh_cli, cron):
    env = {**cron[0], "HULL_ROOT": fresh_cli.root}
    file = cron[1]
    file.write_text(OTHERS)
    fresh_cli("autostart", "enable", env=env, check=True)
    assert file.read_text() != OTHERS
    fresh_cli("system", "reset", "-f", env=env, check=True)
    assert file.read_text() == OTHERS


@pytest.mark.needs("ordinary")
def test_a_crontab_that_held_nothing_else_goes(cli, cron):
    env, file = cron
    cli("autostart", "enable", env=env, check=True)
    cli("autostart", "disable", env=env, check=True)
    assert not file.exists()


@pytest.mark.needs("ordinary")
def test_with_neither_it_is_refused(cli, tmp_path):
    env = cli.env(PATH="/nowhere", DBUS_SESSION_BUS_ADDRESS="")
    done = cli("autostart", "enable", env=env)
    assert done.returncode == 125
    assert b"cannot run crontab" in done.stderr


@pytest.mark.needs("ordinary")
def test_the_line_starts_who_is_to_run(fresh_cli, tmp_path):
    """What cron does at boot: the line's command, by /bin/sh, in an empty environment."""
    cli = fresh_cli
    for name, policy in (("a", "always"), ("u", "unless-stopped"), ("halted", "unless-stopped"), ("n", "no")):
        flags = ("-d", "--name", name, "--restart", policy, "--network", "none")
        cli("run", *flags, "busybox", "sleep", "600", check=True)
    for name in ("a", "u", "n"):  # as a power cut would: everything dies, nobody asked
        kill_at_once(cli, name)
    cli("stop", "-t", "0", "halted", check=True)
    assert cli("ps", "-q", check=True).stdout == b""
    assert cli("autostart", "run", check=True).stdout == b"a\nu\n"
    assert sorted(cli("ps", "--format", "{{.Names}}", check=True).stdout.split()) == [b"a", b"u"]
    assert cli("autostart", "run", check=True).stdout == b"", "who runs is left alone"
    cli("rm", "-f", "a", "u", "halted", "n", check=True)


def kill_at_once(cli, name):
    """Kill the monitor: the launcher, and the container with it, die by it."""
    from hull.runtime import processes
    from hull.state import status
    from hull.state.processes import boot_id

    ident = json.loads(cli("inspect", name, check=True).stdout)[0]["Id"]
    found = status.read(f"{cli.root}/containers/{ident}", boot_id())
    processes.send(found.monitor, 9)
    for process in (found.monitor, found.launcher, found.init):
        assert processes.wait(process, 10)


def test_a_unit_survives_odd_words(monkeypatch):
    monkeypatch.setenv("HULL_ROOT", '/a b/%c"d')
    monkeypatch.setattr(autostart.sys, "argv", ["/no/hull"])
    monkeypatch.setattr(autostart.sys, "executable", "/py $x/python")
    text = autostart.unit_text(Store('/a b/%c"d', usual=False))
    assert 'Environment="HULL_ROOT=/a b/%%c\\"d"\n' in text
    assert 'ExecStart="/py $$x/python" "-m" "hull" autostart run\n' in text
    assert "\\%c" in autostart.line_text(Store("/x", usual=True))


def test_each_store_has_its_own_unit():
    names = {Store("/a", usual=True).unit, Store("/a", usual=False).unit, Store("/b", usual=False).unit}
    assert len(names) == 3
    assert Store("/a", usual=True).unit == "hull-autostart.service"

"""States of real containers: checkpoints, log, undo, redo and branch."""

import json
import os

import pytest

from tests.commandline import CommandLine

pytestmark = [pytest.mark.real, pytest.mark.as_root]


@pytest.fixture
def box(cli: CommandLine):
    """Give a function that starts a container whose commands' ends are checkpoints; all are gone at the end."""
    names: list[str] = []

    def start(name: str, *words: str) -> str:
        names.append(name)
        cli("run", "-d", "--name", name, "--network", "none", *words, "busybox", "sleep", "1000", check=True)
        return name

    yield start
    cli("rm", "-f", *names)


def log(cli, name, *keys):
    """Return what the log says, the oldest first."""
    rows = json.loads(cli("log", "--json", name, check=True).stdout)[::-1]
    return [tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]] for row in rows]


def sh(cli, name, text, code=0):
    done = cli("exec", name, "sh", "-c", text)
    assert done.returncode == code, done
    return done.stdout.decode()


def refused(cli, *words):
    done = cli(*words)
    assert done.returncode == 125
    return done.stderr.decode()


def document(cli, name):
    return json.loads(cli("inspect", name, check=True).stdout)[0]


def layers(cli):
    place = f"{cli.root}/snapshots"
    return set(os.listdir(place)) if os.path.isdir(place) else set()


def test_every_commands_end_is_a_state_to_go_back_to(cli, box):
    before = layers(cli)
    box("states", "--checkpoint", "auto")
    pid = document(cli, "states")["State"]["Pid"]
    assert sh(cli, "states", "echo 1 >/one; mkdir -p /d/s; echo s >/d/s/x; echo said; exit 3", code=3) == "said\n"
    sh(cli, "states", "rm -r /d; mkdir /d; echo 2 >/two; rm /one")
    sh(cli, "states", "cat /two")
    assert log(cli, "states", "number", "parent", "label", "code", "here") == [
        (0, -1, "(the beginning)", None, False),
        (1, 0, "sh -c echo 1 >/one; mkdir -p /d/s; echo s >/d/s/x; echo said; exit 3", 3, False),
        (2, 1, "sh -c rm -r /d; mkdir /d; echo 2 >/two; rm /one", 0, True),
    ]
    assert document(cli, "states")["State"]["Pid"] == pid, "a checkpoint ends no process"

    done = cli("undo", "states", check=True)
    assert b"stopped and started again" in done.stderr
    assert done.stdout.startswith(b"states is as it was at states@1 (sh -c echo 1")
    assert sh(cli, "states", "cat /one /d/s/x; ls /two 2>&1", code=1) == "1\ns\nls: /two: No such file or directory\n"
    assert cli("diff", "states").stdout.decode().split("\n") == ["A /d", "A /d/s", "A /d/s/x", "A /one", ""]
    cli("redo", "states", check=True)
    assert sh(cli, "states", "ls -A /d; cat /two; ls /one 2>&1", code=1) == "2\nls: /one: No such file or directory\n"
    assert "no state after" in refused(cli, "redo", "states")
    assert "2 states before" in refused(cli, "undo", "states", "3")
    assert "no such checkpoint: states@9" in refused(cli, "undo", "states@9")
    assert "it says which state" in refused(cli, "redo", "states@1", "2")
    cli("undo", "states@0", check=True)
    assert sh(cli, "states", "ls -d /d /one /two 2>/dev/null | wc -l") == "0\n"
    assert log(cli, "states", "here") == [True, False, False]

    sh(cli, "states", "echo 3 >/three")
    assert log(cli, "states", "number", "parent", "here")[3:] == [(3, 0, True)], "new work ends what redo goes to"
    assert "no state after" in refused(cli, "redo", "states")
    cli("rm", "-f", "states", check=True)
    assert layers(cli) == before


def test_branches_share_states_and_outlive_their_origin(cli, box):
    before = layers(cli)
    box("origin", "--checkpoint", "auto", "-v", "/data")
    sh(cli, "origin", "echo a >/file; echo kept >/data/x; mkdir -m 700 /own; chown 33:33 /own; echo o >/own/o")
    sh(cli, "origin", "echo b >/file; rm -r /own")
    cli("branch", "origin@1", "branched", check=True)
    cli("start", "branched", check=True)
    sh(cli, "branched", "echo c >>/file")
    cli("rm", "-fv", "origin", check=True)
    assert sh(cli, "branched", "cat /file /own/o; ls /data") == "a\nc\no\n"
    assert log(cli, "branched", "number", "parent", "here") == [(0, -1, False), (1, 0, False), (2, 1, True)]
    cli("stop", "-t", "0", "branched", check=True)
    assert cli("export", "branched").stdout.count(b"own/o") == 1
    cli("commit", "branched", "branched:1", check=True)
    run = ("run", "--rm", "--network", "none", "branched:1", "cat", "/file", "/own/o")
    assert cli(*run, check=True).stdout == b"a\nc\no\n"
    cli("undo", "branched", check=True)
    assert cli("cp", "branched:/file", "-").stdout.count(b"a\n") == 1
    cli("rm", "-f", "branched", check=True)
    cli("rmi", "branched:1", check=True)
    assert layers(cli) == before


def test_a_checkpoint_by_hand_of_one_that_is_stopped_costs_a_rename(cli, box):
    box("stopped")
    sh(cli, "stopped", "echo 1 >/one")
    cli("stop", "-t", "0", "stopped", check=True)
    directory = document(cli, "stopped")["Hull"]["Directory"]
    upper = os.stat(f"{directory}/upper").st_ino
    assert cli("checkpoint", "-m", "by hand", "stopped", check=True).stdout == b"stopped@1\n"
    again = cli("checkpoint", "stopped", check=True)
    assert (again.stdout, b"nothing of stopped has changed" in again.stderr) == (b"stopped@1\n", True)
    frozen = document(cli, "stopped")["GraphDriver"]["Data"]["LowerDir"].split(":")[0]
    assert os.stat(frozen).st_ino == upper
    assert log(cli, "stopped", "label", "made") == [("(the beginning)", ""), ("by hand", "frozen")]
    assert document(cli, "stopped")["GraphDriver"]["Data"]["UpperDir"] == f"{directory}/upper"
    assert cli("ps", "-as", "--filter", "name=stopped", "--format", "{{.Size}}").stdout.startswith(b"2B ")
    cli("start", "stopped", check=True)
    assert sh(cli, "stopped", "cat /one; echo 2 >/two; rm /one") == "1\n"
    done = refused(cli, "undo", "--no-restart", "stopped")
    assert "a running root cannot become another one" in done
    cli("undo", "stopped", check=True)
    assert sh(cli, "stopped", "cat /one; ls /two 2>&1", code=1) == "1\nls: /two: No such file or directory\n"


def test_what_has_ended_is_told_whatever_looks_at_it_first(cli, box):
    box("looked", "--checkpoint", "auto")
    sh(cli, "looked", "echo 1 >/one")
    cli("branch", "looked", "aside", check=True)
    assert log(cli, "aside", "label") == ["(the beginning)", "sh -c echo 1 >/one"]
    sh(cli, "looked", "echo 2 >/two\n:")
    assert cli("undo", "looked", check=True).stdout.endswith(b"what there was is looked@2\n")
    assert log(cli, "looked", "label")[2] == "sh -c echo 2 >/two\n:; sleep 1000"
    assert b"looked@2 (sh -c echo 2 >/two\\n:; sleep 1000)" in cli("redo", "looked", check=True).stdout
    cli("rm", "-f", "aside", check=True)


def test_no_checkpoint_keeps_a_command_from_running(cli, box):
    box("hindered", "--checkpoint", "auto")
    sh(cli, "hindered", "echo 1 >/one")
    os.symlink("/nowhere/at/all", f"{cli.root}/containers/{document(cli, 'hindered')['Id']}/index.new")
    done = cli("exec", "hindered", "cat", "/one")
    assert (done.returncode, done.stdout) == (0, b"1\n")
    assert b"no checkpoint of hindered was made" in done.stderr

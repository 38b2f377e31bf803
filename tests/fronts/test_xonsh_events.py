"""on_hull_start, on_hull_exit, on_hull_pull; what the history keeps; `{hull}`; `hull` as a Python name."""

import json
import os
import sqlite3

import pytest

from tests import registries
from tests.fronts.matrix import Kind, Session, foreground_of
from tests.fronts.terminal import environment, processes
from tests.waiting import until

pytest.importorskip("xonsh", reason="xonsh is not installed")
pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")
LISTEN = "told = []; {}".format(
    "; ".join(
        f"events.{name}(lambda **what: told.append(({name[8:]!r}, what)))"
        for name in ("on_hull_start", "on_hull_exit", "on_hull_pull")
    )
)


@pytest.fixture
def session(cli, tmp_path):
    made = Session(Kind("run", "prompt_toolkit"), environment(cli, str(tmp_path)), str(tmp_path))
    yield made
    made.close()


@pytest.fixture
def listening(session):
    session.run(LISTEN)
    return session


def kinds(session):
    return session.value("[kind for kind, _ in told]")


def test_a_program_in_the_foreground_is_told_with_what_it_was(listening):
    listening.run(listening.command("sh -c 'exit 4'", "--name", f"told-{os.getpid()}"))
    (_, start), (_, end) = listening.value("told")
    assert start.keys() == {"id", "name", "image", "verb", "command"}
    assert end.keys() == {"id", "name", "image", "verb", "code", "seconds"}
    assert (start["name"], start["image"], start["verb"]) == (f"told-{os.getpid()}", "busybox", "run")
    assert start["command"] == ["sh", "-c", "exit 4"]
    assert (end["id"], end["code"]) == (start["id"], 4)
    assert len(start["id"]) == 64
    assert 0 < end["seconds"] < 60


@pytest.mark.parametrize("line", ["x = $({})", "x = !({}); x.end()", "{} | cat", "echo | {}", "x = ![{}]"])
def test_in_every_position_the_end_is_told_before_the_next_line(listening, line):
    listening.run(line.format(listening.command("true", "-i")))
    assert kinds(listening) == ["start", "exit"]


def test_the_end_is_told_when_the_terminal_is_the_shells_again(session):
    session.run("import os")
    session.run("mine = []; events.on_hull_exit(lambda **what: mine.append(os.tcgetpgrp(2) == os.getpgrp()))")
    session.run(session.command("true"))
    assert session.value("mine") == [True]


def test_a_job_is_told_at_the_prompt_after_its_end(listening):
    mark = listening.mark()
    listening.run(f"{listening.command(f'sleep {mark}')} &")
    until(lambda: processes(mark), "the job to start")
    assert kinds(listening) == ["start"]
    assert listening.value("$PROMPT_FIELDS['hull']()") == "1"
    for pid in sorted(processes(mark), reverse=True)[:1]:
        os.kill(pid, 9)
    until(lambda: not processes(mark), "the job to end")
    until(lambda: "exit" in kinds(listening), "the end to be told")
    assert listening.value("told[-1][1]['code']") == 137
    assert listening.value("$PROMPT_FIELDS['hull']()") is None


def test_a_signal_is_told_as_128_and_its_number(listening):
    mark = listening.mark()
    listening.terminal.type(listening.command(f"sleep {mark}"))
    until(lambda: foreground_of(mark, listening), "the job to have the terminal")
    listening.terminal.press("c")
    listening.terminal.prompt()
    assert listening.value("told[-1][1]['code']") == 130


def test_what_a_monitor_takes_over_is_told_once(listening, cli):
    listening.run(f"hull run -d --network none --name {listening.box} busybox sleep 1000")
    assert kinds(listening) == ["start"]
    cli("rm", "-f", listening.box, check=True)


@pytest.mark.needs("program:docker-registry")
def test_pulls_are_told_asked_for_or_missing(listening, cli):
    with registries.plain() as found:
        image = f"{found.address}/told:1"
        cli("tag", "busybox", image, check=True)
        cli("push", image, check=True)
        listening.run(f"hull pull {image}")
        assert listening.value("told[-1][1].keys() == {'image', 'seconds'} and told[-1][1]['image']") == image
        cli("rmi", image, check=True)
        listening.run(f"hull run --rm --network none {image} true")
        listening.run(f"hull run --rm --network none {image} true")
        assert kinds(listening) == ["pull", "pull", "start", "exit", "start", "exit"]
        cli("rmi", image, check=True)
    listening.run(f"hull pull {image}")
    assert kinds(listening)[-1] == "exit"


def test_a_handler_that_raises_or_runs_commands_harms_nothing(session):
    session.run("events.on_hull_start(lambda **what: 1 / 0)")
    session.run("events.on_hull_exit(lambda **what: __xonsh__.subproc_captured_stdout(['echo', 'ran']))")
    out = session.run(f"echo one | {session.command('tr a-z A-Z', '-i')}")
    assert "ONE" in out
    assert "ZeroDivisionError" in out
    assert session.code() == 0


def test_who_does_not_listen_pays_no_query(session):
    """No handler, no history: the container's row is not asked for."""
    session.run("history_kept = __xonsh__.history; __xonsh__.history = None")
    session.run("front = aliases['hull']")
    assert session.value("sorted(front.telling._about('f' * 64, 'run', ()))") == ["id"]
    session.run("__xonsh__.history = history_kept")


def test_the_history_names_the_container(session):
    name = f"named-{os.getpid()}"
    session.run(session.command("sh -c 'exit 3'", "--name", name, "-e", "TOKEN=secret"))
    session.run("echo plain")
    session.run("$HISTCONTROL = 'ignorespace'")
    session.run(" " + session.command("true"))
    noted = session.value("[i.get('info') for i in __xonsh__.history.buffer if 'hull run' in i['inp']]")
    assert [sorted(note) for note in noted[0]["hull"]] == [["id", "image", "name", "verb"]]
    assert len(noted) == 1
    assert noted[0]["hull"][0]["name"] == name
    assert "secret" not in json.dumps(noted)
    assert session.value("[i.get('info') for i in __xonsh__.history.buffer if i['inp'].startswith('echo plain')]") == [
        None
    ]


@pytest.mark.parametrize("backend", ["json", "sqlite"])
def test_ran_lists_what_ran_in_containers(cli, tmp_path, backend):
    kind = Kind("run", "readline", (f"XONSH_HISTORY_BACKEND={backend}",))
    env = environment(cli, str(tmp_path))
    name = f"ran-{os.getpid()}-{backend}"
    session = Session(kind, env, str(tmp_path))
    session.run(session.command("sh -c 'exit 3'", "--name", name))
    session.run(f"{session.command('echo two')} | {session.command('cat', '-i')}")
    session.run("echo plain")
    rows = session.value("__import__('json').loads($(hull ran --json))")
    assert [(row["exit"], row["image"]) for row in rows] == [(3, ["busybox"]), (0, ["busybox"])]
    assert rows[0]["container"] == [name]
    assert len(rows[1]["container"]) == 2
    assert session.value(f"$(hull ran {name} --format '{{{{.Exit}}}}')") == "3"
    assert session.value("$(hull ran nobody --json)") == "[]"
    session.terminal.type("exit")
    session.terminal.child.expect(pexpect.EOF)
    later = Session(kind, env, str(tmp_path))
    assert later.value("$(hull ran --json)") == "[]"
    assert later.value(f"$(hull ran -a {name} --format '{{{{.Command}}}}')").startswith("hull run ")
    later.close()
    if backend == "sqlite":
        with sqlite3.connect(next(tmp_path.rglob("*.sqlite"))) as db:
            assert db.execute("SELECT count(*) FROM xonsh_history WHERE info LIKE '%hull%'").fetchone() == (2,)


def test_hull_is_a_python_name_and_a_command(session, cli):
    session.run(f"hull run -d --network none --name {session.box} busybox sleep 1000 > /dev/null")
    assert session.value(
        "[c.names for c in hull.ps() if c.image == 'busybox' and c.names == '" + session.box + "']"
    ) == [session.box]
    assert session.value(f"hull.container('{session.box}').exec(['echo', 'in'], capture_output=True).stdout") == b"in\n"
    assert session.box in session.run("hull ps | cat")
    cli("rm", "-f", session.box, check=True)


def test_the_values_are_of_the_shells_store(session, tmp_path):
    session.run("hull create --network none --rm busybox true > /dev/null")
    assert session.value("len(hull.ps(all=True)) > 0") is True
    session.run(f"$HULL_ROOT = '{tmp_path}/other'")
    assert session.value("hull.ps(all=True)") == []
    session.run("hull = 5")
    assert session.value("hull + 1") == 6
    assert "hull 0." in session.run("hull version")

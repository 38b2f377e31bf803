"""`xontrib load hull`: everything a native command does in xonsh, hull does."""

import contextlib
import json
import os
import subprocess
import sys
import types

import pytest

from tests.fronts.terminal import Terminal, foreground, processes
from tests.waiting import until

pytest.importorskip("xonsh", reason="xonsh is not installed")
pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")

RUN = "hull run --network none --rm busybox"
FED = RUN.replace("--rm", "--rm -i")


@pytest.fixture
def script(shell_env):
    """Give `script(source)`: the standard output of a xonsh that loaded hull; `.stderr` with `whole`."""

    def run(source, *, whole=False):
        source = f"$XONSH_SUBPROC_RAISE_ERROR = False\nxontrib load hull\n{source}"
        argv = [sys.executable, "-m", "xonsh", "--no-rc", "-c", source]
        done = subprocess.run(
            argv, env=shell_env, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
        return done if whole else done.stdout

    return run


@pytest.fixture
def shell(shell_env):
    """Give an interactive xonsh with hull loaded, at its prompt."""
    argv = [sys.executable, "-m", "xonsh", "--no-rc", "-i", "-DPROMPT=>", "-DXONSH_SHOW_TRACEBACK=False"]
    terminal = Terminal(argv, shell_env)
    terminal.run("xontrib load hull")
    yield terminal
    terminal.close()


def test_output_and_exit_code(script):
    assert script(f"{RUN} echo hi\n{RUN} sh -c 'exit 7'\nprint(__xonsh__.lastcmd.rtn)") == "hi\n7\n"


@pytest.mark.parametrize(("code", "seen"), [("true", 0), ("false", 1), ("sh -c 'exit 42'", 42), ("nope", 127)])
def test_exit_codes(script, code, seen):
    assert script(f"{RUN} {code}\nprint(__xonsh__.lastcmd.rtn)").split() == [str(seen)]


def test_capture(script):
    assert script(f"x = $({RUN} echo captured)\nprint(repr(x))") == "'captured'\n"


def test_capture_object_keeps_both_streams_apart(script):
    out = script(f"r = !({RUN} sh -c 'echo out; echo err >&2; exit 3')\nr.end()\nprint(repr(r.out), repr(r.err))")
    assert out.split() in (["'out'", "'err\\n'"], ["'out\\n'", "'err\\n'"])


def test_large_streams_do_not_block(script):
    noise = "sh -c 'yes | head -c 500000; yes | head -c 500000 >&2'"
    out = script(f"r = !({RUN} {noise})\nr.end()\nprint(len(r.out) // 1000, len(r.err) // 1000)")
    assert out.split() in (["499", "500"], ["500", "500"])


def test_pipelines(script):
    assert script(f"echo one two | {RUN} tr a-z A-Z | sed s/ONE/1/") == "1 TWO\n"
    assert script(f"{RUN} yes | head -1") == "y\n"


def test_redirects(script, tmp_path):
    script(
        f"{RUN} sh -c 'echo out; echo err >&2' > {tmp_path}/o e> {tmp_path}/e\n{RUN} cat < {tmp_path}/o > {tmp_path}/c"
    )
    assert (tmp_path / "o").read_text() == (tmp_path / "c").read_text() == "out\n"
    assert (tmp_path / "e").read_text() == "err\n"


def test_conditions(script):
    assert script(f"{RUN} true && echo yes\n{RUN} false || echo no\n{RUN} false && echo never") == "yes\nno\n"


def test_words_arrive_as_xonsh_understood_them(script):
    out = script(f"x = ['a b', '~', '$HOME', '--', '-x', '']\n{RUN} printf '[%s]' @(x) '*' \"q'q\"")
    assert out == "[a b][~][$HOME][--][-x][][*][q'q]"


def test_the_shells_variables_are_the_callers(script):
    assert (
        script(f"$GREETING = 'hello'\n{RUN.replace('busybox', '-e GREETING busybox')} sh -c 'echo $GREETING'")
        == "hello\n"
    )


def test_descriptors_are_three(script):
    listing = script(f"{RUN} ls /proc/self/fd").split()
    assert [fd for fd in listing if int(fd) > 2] == [listing[-1]]  # ls's own


# What a thread makes ready for the next start has pipes open for that moment.
SETTLED = """
def settled():
    seen = []
    while len(seen) < 10 or len(set(seen[-10:])) > 1:
        seen.append(len(os.listdir('/proc/self/fd')))
        time.sleep(0.02)
    return seen[-1]
"""


@pytest.mark.parametrize(("warm", "most"), [("0", 0), ("1", 2)])  # the network namespace kept ready has two
def test_nothing_stays_open_in_the_shell(script, warm, most):
    out = script(
        f"import os, time\n$HULL_WARM = '{warm}'\n{SETTLED}\n{RUN} true\nbefore = settled()\n"
        f"for _ in range(5):\n    {RUN} true\nprint(settled() - before)"
    )
    assert 0 <= int(out) <= most


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hull run Not/An/Image x", "hull: "),
        ("hull run --bogus", "hull: unknown flag --bogus of hull run"),
        ("hull nope", "hull: unknown verb 'nope'"),
        ("hull exec nothing sh", "hull: no such container: nothing"),
        ("hull ps --bogus", "hull: unknown flag --bogus of hull ps"),
    ],
)
def test_failures_are_hulls_message_and_125(script, line, message):
    done = script(f"{line}\nprint(__xonsh__.lastcmd.rtn, flush=True)\necho alive", whole=True)
    assert message in done.stderr
    assert "hint: " in done.stderr
    assert "command not found" not in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.split() == ["125", "alive"]


@pytest.mark.parametrize("verb", ["inspect -f '{{.State.Status}}'", "start"])
def test_what_was_done_beside_a_failure_is_told(script, cli, verb):
    called = cli("create", "--network", "none", "busybox", "true", check=True).stdout.decode().strip()
    done = script(f"hull {verb} {called} nobody\nprint(__xonsh__.lastcmd.rtn, flush=True)", whole=True)
    assert done.stdout.split() == ["created" if verb != "start" else called, "125"]
    assert done.stderr.count("hint: ") == 1
    cli("rm", "-f", called, check=True)


def test_verbs_and_help(script):
    assert script("hull version").startswith("hull ")
    assert "Usage: hull VERB" in script("hull")
    assert "Usage: hull run" in script("hull run --help")
    assert script("x = $(hull ps -a)\nprint(x.splitlines()[0])").startswith("CONTAINER ID")
    assert json.loads(script("hull images --json"))
    assert script("hull images | grep -c busybox") == "1\n"


def test_a_plan_prints_and_starts_nothing(script):
    assert "argument" in script(f"{RUN.replace('--rm', '--rm --plan')} true")


def test_unload_removes_exactly_what_load_added(script):
    out = script(
        "def state():\n"
        "    e = __xonsh__.builtins.events\n"
        "    return (sorted(aliases), sorted($PROMPT_FIELDS), len(e.on_precommand), len(e.on_exit),\n"
        "            sorted(__xonsh__.commands_cache.threadable_predictors))\n"
        "xontrib unload hull\nbefore = state()\nxontrib load hull\nloaded = state()\n"
        "xontrib unload hull\nprint(before == state(), before == loaded)\nxontrib load hull\nhull version"
    )
    assert out.startswith("True False\nhull ")


def test_loading_is_cheap_and_lazy(script):
    code = (
        "import sys\nfrom xonsh.built_ins import XSH\nbefore = set(sys.modules)\n"
        "import xontrib.hull\nprint(*sorted(m for m in set(sys.modules) - before))"
    )
    out = script(f"xontrib unload hull\nfor m in [m for m in __import__('sys').modules if m.startswith('hull')]:\n"
                 f"    del __import__('sys').modules[m]\nexec({code!r})")  # fmt: skip
    ours = set(out.split())
    assert "hull.xonsh" in ours
    assert {name for name in ours if not name.startswith("hull.xonsh")} <= {"hull", "hull.light", "xontrib.hull"}


def test_completion(script):
    source = (
        "from xonsh.completer import Completer\nc = Completer()\n"
        "def texts(line): print(sorted(str(x).strip() for x in c.complete_line(line)[0]))\n"
        "texts('hull ru')\ntexts('hull run --hostn')\ntexts('hull run --pull ')\ntexts('hull run busy')\n"
        "texts('echo $(hull completion z')"
    )
    assert script(source).splitlines() == [
        "['run']", "['--hostname']", "['always', 'missing', 'never']", "['busybox:latest']", "['zsh']",
    ]  # fmt: skip


def test_the_session_maps_ids_once(script):
    out = script(
        f"{RUN} true\nsession = aliases['hull'].engine().session\n{RUN} true\n"
        "print(session is aliases['hull'].engine().session)"
    )
    assert out == "True\n"


def test_interrupt(shell, mark):
    shell.type(f"{RUN} sh -c 'echo ready; sleep {mark}'")
    shell.expect("ready\r")
    shell.press("c")
    shell.prompt()
    until(lambda: not processes(mark), "the container to end")
    assert "rc -2" in shell.run("print('rc', __xonsh__.lastcmd.rtn)")


def test_a_pipeline_is_one_process_group_of_the_terminal(shell, mark):
    shell.type(f"{RUN} sh -c 'echo ready >&2; sleep {mark}' | {FED} cat")
    shell.expect("ready\r")
    until(lambda: len({os.getpgid(pid) for pid in processes(mark)}) == 1 and foreground(mark), "the pipeline to stand")
    shell.press("c")
    shell.prompt()
    until(lambda: not processes(mark), "the pipeline to end")
    assert "6\r" in shell.run(f"{RUN} echo seven | {FED} wc -c | cat")


@pytest.mark.parametrize("group", [None, 1])
def test_the_shell_is_not_copied_to_start_a_child(group):
    from hull.xonsh.starting import named_group
    from xonsh.procs import specs

    spec = specs.SubprocSpec.__new__(specs.SubprocSpec)
    given = {"close_fds": False, "universal_newlines": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(specs, "XSH", types.SimpleNamespace(env={"XONSH_INTERACTIVE": True}))
        spec.prep_preexec_fn(given, pipeline_group=group)
    assert "preexec_fn" in given, "xonsh does it otherwise now: see whether the wrapper is still needed"
    assert named_group(given) == {"universal_newlines": True, "process_group": group or 0}
    foreign = {"preexec_fn": os.getpid}
    assert named_group(foreign) == foreign


def resume(shell, mark):
    shell.type("fg")
    until(lambda: foreground(mark), "the job to go on")


def test_suspend_and_resume_twice(shell, mark):
    shell.type(f"{RUN} sh -c 'echo ready; read x; echo got $x; read y; echo and $y' {mark}")
    shell.expect("ready\r")
    shell.suspend()
    assert "busybox" in shell.run("jobs")
    resume(shell, mark)
    shell.type("one")
    shell.expect("got one")
    shell.suspend()
    assert "busybox" in shell.run("jobs")
    resume(shell, mark)
    shell.type("two")
    shell.expect("and two")
    shell.prompt()
    assert "busybox" not in shell.run("jobs")


def test_suspend_works_after_a_capture(shell, mark):
    shell.run("x = $(/bin/echo hi)")
    shell.type(f"{RUN} sh -c 'echo ready; sleep {mark}'")
    shell.expect("ready\r")
    shell.suspend()
    assert "busybox" in shell.run("jobs")
    resume(shell, mark)
    shell.press("c")
    shell.prompt()
    until(lambda: not processes(mark), "the container to end")


def test_background(shell, mark):
    shell.run(f"{RUN} sleep {mark} &")
    assert "busybox" in shell.run("jobs")
    assert "field 1" in shell.run("print('field', $PROMPT_FIELDS['hull']())")
    until(lambda: processes(mark), "the container to start")
    for pid in processes(mark):
        with contextlib.suppress(ProcessLookupError):  # it ended with its init
            os.kill(pid, 9)
    until(lambda: not processes(mark), "the container to end")


def test_a_terminal_program_reads_the_terminal(shell):
    assert "40 160" in shell.run(f"{RUN.replace('--rm', '--rm -it')} stty size")
    shell.type(f"{RUN.replace('--rm', '--rm -it')} sh -c 'echo ready; read x </dev/tty; echo tty $x'")
    shell.expect("ready\r")
    shell.type("typed")
    shell.expect("tty typed")


def test_a_failure_leaves_the_shell_alive(shell):
    assert "unknown flag" in shell.run("hull run --bogus")
    assert "alive" in shell.run("echo alive")


def test_completion_menu_and_line_expansion_leave_the_line_alone(shell):
    shell.child.send("hull ver\t")
    shell.expect("sion")
    shell.child.send("\r")
    shell.expect(r"hull 0\.")
    assert "hull-launch" not in shell.run("hull version")


def test_detached_the_id_comes_at_once_and_the_monitor_outlives_the_shell(script, cli):
    out = script("i = $(hull run -d --network none busybox sleep 1000)\nprint(len(i.strip()), i)")
    length, ident = out.split()
    assert length == "64"
    assert ident[:12] in cli("ps", check=True).stdout.decode()
    cli("rm", "-f", ident, check=True)


def test_a_start_that_fails_and_one_that_is_attached_tell_their_codes(script, cli):
    words = "--network none --name xonsh-life busybox"
    code = "print(__xonsh__.lastcmd.rtn, flush=True)"
    assert script(f"hull run -d {words} nosuch\n{code}\nhull rm xonsh-life").split() == ["127", "xonsh-life"]
    made = f"hull create {words} sh -c 'echo in; exit 5' >/dev/null"
    assert script(f"{made}\nhull start -a xonsh-life\n{code}\nhull rm -f xonsh-life") == "in\n5\nxonsh-life\n"

"""`%load_ext hull` in a terminal: typed lines, job control, values that display themselves."""

import re
import subprocess
import sys

import pytest

from tests.fronts.terminal import Terminal, foreground, processes
from tests.waiting import until

pytest.importorskip("IPython", reason="IPython is not installed")
pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")

RUN = "%hull run --network none --rm busybox"
ARGV = [sys.executable, "-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=nocolor", "--simple-prompt"]


@pytest.fixture
def script(shell_env, tmp_path):
    """Give `script(source)`: what an IPython that loaded hull printed; cells end with a line `#---`."""
    file = tmp_path / "script.py"

    def run(source):
        lines = ["get_ipython().run_line_magic('load_ext', 'hull')"]
        lines += [f"get_ipython().run_cell({cell!r})" for cell in source.split("#---\n")]
        file.write_text("\n".join(lines))
        argv = [sys.executable, "-m", "IPython", "--colors=nocolor", str(file)]
        done = subprocess.run(
            argv, env=shell_env, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
        return re.sub(r"Out\[\d+\]: ?\n?", "", done.stdout)

    return run


@pytest.fixture
def shell(shell_env):
    """Give an IPython in a terminal with hull loaded, at its prompt."""
    terminal = Terminal([word for word in ARGV if word != "--simple-prompt"], shell_env)
    terminal.run("%load_ext hull")
    yield terminal
    terminal.close()


def test_a_line_runs_and_keeps_the_exit_code(script):
    assert script(f"{RUN} echo hi\n#---\n{RUN} sh -c 'exit 7'\nprint('code', _exit_code)") == "hi\ncode 7\n"


def test_values_are_objects_that_display(script):
    source = "x = %hull images\nprint(type(x[0]).__name__, [r.repository for r in x if r.repository == 'busybox'])"
    assert script(source) == "ImageRow ['busybox']\n"
    assert "REPOSITORY" in script("%hull images")
    assert script("%hull version") == "hull 0.1.0\n"


def test_json_is_text_that_parses(script):
    source = (
        "import json\nx = %hull images --json\nprint([r['tag'] for r in json.loads(x) if r['repository'] == 'busybox'])"
    )
    assert script(source) == "['latest']\n"


def test_variables_in_braces_and_nothing_else(script):
    source = (
        "name, words, path = 'echo', ['a b', 'c'], 'x y'\n"
        f"{RUN} {{name}} {{words}} {{path}}z '{{\"json\": 1}}' '{{print}}' '$path'"
    )
    assert script(source) == 'a b c x yz {"json": 1} {print} $path\n'


def test_a_cell_is_a_script(script):
    assert script('%%hull busybox --network none\nx=1\necho $x {name}\nread y; echo "[$y]"') == "1 {name}\n[]\n"


def test_a_cell_takes_flags_after_the_image_and_an_interpreter(script):
    cell = "--network=none busybox -e GREETING=hi --interpreter 'ash -u' -w /tmp"
    assert script(f"%%hull {cell}\npwd; echo $GREETING; echo $UNSET; echo never").startswith("/tmp\nhi\nhull: ")


def test_a_long_cell_goes_through_standard_input(script):
    assert script(f"%%hull busybox --network none\n# {'x' * 200_000}\necho long") == "long\n"


def test_a_failing_cell_raises(script):
    out = script("try:\n    get_ipython().run_cell_magic('hull', 'busybox --network none', 'exit 3')\n"
                 "except Exception as e:\n    print(type(e).__name__, e.exit_code)")  # fmt: skip
    assert out == "ContainerError 3\n"
    assert "ended with exit code 3" in script("%%hull busybox --network none\nexit 3")
    assert "Traceback" not in script("%%hull busybox --network none\nexit 3")


def test_a_cells_container_is_removed(script):
    seen = "= {row.id for row in get_ipython().run_line_magic('hull', 'ps -a')}"
    out = script(f"a {seen}\n#---\n%%hull busybox --network none\ntrue\n#---\nb {seen}\nprint(b - a)")
    assert out == "set()\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%hull nope", "hull: unknown verb 'nope'"),
        ("%hull run --bogus", "hull: unknown flag --bogus of hull run"),
        ("%hull run 'x", "hull: cannot read the line: No closing quotation"),
        ("%%hull\necho", "hull: hull run needs IMAGE"),
        ("%hull exec nothing sh", "hull: no such container: nothing"),
    ],
)
def test_failures_are_hulls_message_without_traceback(script, line, message):
    out = script(line)
    assert message in out
    assert "hint: " in out
    assert "Traceback" not in out


def test_what_was_done_beside_a_failure_is_told(script, cli):
    called = cli("create", "--network", "none", "busybox", "true", check=True).stdout.decode().strip()
    out = script(f"%hull stop {called} nobody")
    assert out.startswith(f"{called}\nhull: no such container: nobody\n")
    cli("rm", called, check=True)


def test_help(script):
    assert "Usage: hull VERB" in script("%hull")
    assert "Usage: hull run" in script("%hull run --help")


def test_unload_takes_everything_away(script):
    out = script(
        "ip = get_ipython()\n%unload_ext hull\n"
        "print('hull' in ip.magics_manager.magics['line'], 'hull' in ip.magics_manager.magics['cell'],\n"
        "      [m for m in ip.Completer.custom_matchers if getattr(m, 'matcher_identifier', '') == 'hull'])\n"
        "#---\n%load_ext hull\n%hull version"
    )
    assert out.startswith("False False []\n")
    assert "hull 0." in out


def test_completion(script):
    source = (
        "c = get_ipython().Completer\nc.use_jedi = False\n"
        "def texts(line): print([x.text.strip() for x in c.completions(line, len(line))])\n"
        "from IPython.core.completer import provisionalcompleter\n"
        "lines = ('%hull ru', 'x = %hull run --hostn', 'hull run --pull ', '%hull run busy', '%%hull busy')\n"
        "with provisionalcompleter():\n    for line in lines: texts(line)"
    )
    assert script(source).splitlines() == [
        "['run']", "['--hostname']", "['missing', 'always', 'never']", "['busybox:latest']", "['busybox:latest']",
    ]  # fmt: skip


def test_loading_is_lazy(script):
    out = script("import sys\nprint(sorted(m for m in sys.modules if m.startswith('hull')))")
    assert "hull.engine" not in out
    assert "hull.runtime" not in out


def test_automagic(shell):
    assert "hull 0." in shell.run("hull version")


def test_interrupt(shell, mark):
    shell.type(f"{RUN} sh -c 'echo ready; sleep {mark}'")
    shell.expect("ready\r")
    shell.press("c")
    assert "Traceback" not in shell.prompt()
    until(lambda: not processes(mark), "the container to end")
    assert "-2" in shell.run("_exit_code")


def test_suspend_and_resume_twice(shell, mark):
    shell.type(f"{RUN} sh -c 'echo ready; read x; echo got $x; read y; echo and $y' {mark}")
    shell.expect("ready\r")
    assert "stopped" in shell.suspend()
    assert "[1] hull run busybox" in shell.run("%hull jobs")
    shell.type("%hull fg")
    until(lambda: foreground(mark), "the job to go on")
    shell.type("one")
    shell.expect("got one")
    assert "stopped" in shell.suspend()
    shell.type("%hull fg 1")
    until(lambda: foreground(mark), "the job to go on")
    shell.type("two")
    shell.expect("and two")
    shell.prompt()
    assert "hull run" not in shell.run("%hull jobs")


def test_a_stopped_job_ends_with_the_shell(shell, mark):
    shell.type(f"{RUN} sh -c 'echo ready; sleep {mark}'")
    shell.expect("ready\r")
    shell.suspend()
    shell.type("exit")
    shell.child.expect(pexpect.EOF)
    until(lambda: not processes(mark), "the container to end")


def test_a_terminal_left_raw_is_put_right(shell):
    shell.run(f"{RUN.replace('--rm', '--rm -it')} stty raw -echo")
    assert "hull 0." in shell.run("hull version")
    assert "40 160" in shell.run(f"{RUN.replace('--rm', '--rm -it')} stty size")


def test_a_cell_that_reads_the_terminal(shell):
    shell.type("%%hull busybox --network none -it")
    shell.expect(r"\.\.\.:")  # the cell is open
    shell.child.send("echo ready; read x; echo tty $x")
    shell.child.send("\x1b\r")  # alt-enter runs it
    shell.expect("ready\r")
    shell.type("typed")
    shell.expect("tty typed")


def test_what_is_not_ours_is_answered_anew_each_time():
    import types

    from hull.ipython.complete import matcher

    ask = matcher(types.SimpleNamespace())
    context = types.SimpleNamespace(text_until_cursor="x = 1", token="1")
    ask(context)["matched_fragment"] = "1"  # as IPython does
    assert "matched_fragment" not in ask(context)

"""`%%hull -n NAME`: a container that keeps its state between cells; its interpreters, interrupts and end."""

import os
import signal

import pytest

from tests import repeat
from tests.capabilities import missing
from tests.fronts.notebooks import Notebook, failure, text
from tests.fronts.terminal import processes
from tests.waiting import gone, until

SHELLS = {"ash": "busybox", "dash": "host --interpreter dash", "bash": "host --interpreter bash"}
PYTHON = "host --interpreter python3"


@pytest.fixture(scope="module", params=SHELLS)
def shell(notebook, request):
    """Give `cell(text)` in a container of each kind of shell: stdout, stderr and the failure of it."""
    if missing(f"program:{request.param}") and request.param != "ash":
        pytest.skip(f"needs {request.param}")
    image, *flags = SHELLS[request.param].split(" ", 1)
    yield from cells(notebook, f"shell-{request.param}", image, " ".join(flags), "first=1")


@pytest.fixture(scope="module")
def python(notebook):
    """Give `cell(text)` in a Python."""
    yield from cells(notebook, "py", *PYTHON.split(" ", 1), "first = 1")


def cells(notebook, name, image, flags, first):
    def cell(source):
        return notebook.run(f"%%hull -n {name} {flags}\n{source}")

    assert failure(notebook.run(f"%%hull -n {name} {image} --network none {flags}\n{first}")) == ("", "")
    cell.send = lambda source: notebook.send(f"%%hull -n {name} {flags}\n{source}")
    yield cell
    notebook.run(f"%hull rm -f {name}")


def kept(notebook):
    """Return the names and interpreters of the named containers."""
    return text(notebook.run("for row in get_ipython().run_line_magic('hull', 'cells'): print(row.name, row.end)"))


def test_a_shell_keeps_directory_variables_and_functions(shell):
    assert text(shell("cd /tmp; own=1; export EXPORTED=2\nf() { echo called $1; }")) == ""
    assert text(shell("pwd; echo $own; sh -c 'echo $EXPORTED'; f x")) == "/tmp\n1\n2\ncalled x\n"


def test_a_shell_takes_any_text(shell):
    assert text(shell("echo 'it'\\''s' \"!x\" \\\\ # '")) == "it's !x \\\n"
    assert text(shell("cat <<'END'\n$a 'b'\nEND")) == "$a 'b'\n"
    assert text(shell(f"# {'x' * 300_000}\necho long")) == "long\n"
    assert text(shell("cat; echo empty input")) == "empty input\n"


def test_a_failing_cell_raises_and_the_state_stays(shell):
    shell("kept=yes")
    assert "exit code 7" in failure(shell("(exit 7)"))[1]
    for wrong in ("if", "echo ${nothing?unset}", "no-such-program"):
        messages = shell(wrong)
        assert failure(messages)[0] == "ContainerError"
        assert text(messages, "stderr")
    assert text(shell("echo $kept")) == "yes\n"


def test_a_shell_that_ends_is_told_and_the_container_stays(shell):
    messages = shell("lost=1; echo file > /tmp/kept; exit 4")
    assert "exit code 4" in failure(messages)[1]
    assert "has ended: its variables are gone" in text(messages, "stderr")
    assert text(shell("cat /tmp/kept; echo [$lost]")) == "file\n[]\n"


def test_one_failure_ends_a_cell_that_asks_for_it(shell):
    messages = shell("set -e\nfalse\necho never")
    assert text(messages) == ""
    assert failure(messages)[0] == "ContainerError"
    shell("set -e; true")
    assert text(shell("false; echo goes on")) == "goes on\n"


@pytest.mark.parametrize(
    "source", ["sleep {mark}; echo never", "while :; do sleep {mark} | cat; done", "(sleep {mark})"]
)
def test_an_interrupt_ends_the_cell_and_keeps_the_state(notebook, shell, source, mark):
    for round_ in range(repeat.times(2, 50)):
        shell(f"kept={round_}")
        messages = notebook.messages(shell.send(source.format(mark=mark)))
        until(lambda: processes(mark), "the program")
        notebook.manager.interrupt_kernel()
        rest = list(messages)
        assert failure(rest)[0] == "KeyboardInterrupt"
        assert "never" not in text(rest)
        until(lambda: not processes(mark), "the program to end")
        assert text(shell("echo $kept")) == f"{round_}\n"


def test_a_loop_without_a_program_is_interrupted(notebook, shell):
    messages = notebook.messages(shell.send("kept=1; echo ready; while :; do :; done"))
    notebook.until(messages, "ready")
    notebook.manager.interrupt_kernel()
    assert failure(list(messages))[0] == "KeyboardInterrupt"
    assert text(shell("echo $kept")) == "1\n"


def test_what_does_not_listen_loses_its_interpreter_only(notebook, shell, mark):
    messages = notebook.messages(shell.send(f"trap '' INT TERM; echo f > /tmp/f; echo ready; sh -c 'sleep {mark}; :'"))
    notebook.until(messages, "ready")
    notebook.manager.interrupt_kernel()
    rest = list(messages)
    assert failure(rest)[0] == "KeyboardInterrupt"
    assert "its interpreter had to" in text(rest, "stderr")
    until(lambda: not processes(mark), "the program to end")
    assert text(shell("cat /tmp/f")) == "f\n"


def test_output_is_live_and_told_apart(notebook, shell):
    messages = notebook.messages(shell.send("printf 'ready '; while :; do :; done"))
    notebook.until(messages, "ready ")
    notebook.manager.interrupt_kernel()
    assert failure(list(messages))[0] == "KeyboardInterrupt"
    messages = shell("echo out; echo err >&2; printf '\\303'; printf '\\251 50%%\\r100%%\\r\\377\\n'")
    assert (text(messages), text(messages, "stderr")) == ("out\né 50%\r100%\r\ufffd\n", "err\n")


def test_python_keeps_names_and_shows_the_last_value(python):
    assert text(python("import os\na = {'b': 1}\ndef f(x):\n    return x + 1")) == ""
    assert text(python("f(a['b'])")) == "2\n"
    assert text(python("f(1);")) == ""
    assert text(python("print(__name__, os.sep); None")) == "__main__ /\n"
    assert text(python("import pickle\nclass C: pass\npickle.loads(pickle.dumps(C())).__class__ is C")) == "True\n"
    assert text(python("import asyncio\nawait asyncio.sleep(0, 'awaited')")) == "'awaited'\n"


def test_python_tells_where_it_failed_and_goes_on(python):
    messages = python("kept = 1\ndef f():\n    1 / 0\nf()")
    said = text(messages, "stderr")
    assert failure(messages)[0] == "ContainerError"
    assert '", line 3, in f\n    1 / 0\n' in said
    assert "carry_out" not in said
    assert "SyntaxError" in text(python("if"), "stderr")
    assert "exit code 3" in failure(python("import sys; sys.exit(3)"))[1]
    assert "EOFError" in text(python("input()"), "stderr")
    assert text(python("kept")) == "1\n"


@pytest.mark.parametrize(
    "source", ["import time; time.sleep({mark})", "import os; os.system('sleep {mark}')", "while 1: pass"]
)
def test_python_is_interrupted_and_keeps_its_names(notebook, python, source, mark):
    for round_ in range(repeat.times(2, 50)):
        messages = notebook.messages(python.send(f"kept = {round_}\nprint('ready')\n{source.format(mark=mark)}"))
        notebook.until(messages, "ready")
        notebook.manager.interrupt_kernel()
        assert failure(list(messages))[0] == "KeyboardInterrupt"
        assert text(python("kept")) == f"{round_}\n"


def test_python_killed_is_told(notebook, python):
    messages = python("gone = 1\nimport os; os.kill(os.getpid(), 9)")
    assert "has ended" in text(messages, "stderr")
    assert "exit code 137" in failure(messages)[1]
    assert "NameError" in text(python("gone"), "stderr")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-n taken debian", "it is a container of busybox"),
        ("-n taken busybox -e A=1", "flags are for its first cell"),
        ("-n taken -e A=1", "flags are for its first cell"),
        ("-n other busybox -t", "a cell has none"),
        ("-n taken exec x", "flags are for its first cell"),
        ("exec -n taken", "cannot use -n together with exec"),
        ("--keep busybox", "cannot keep a container without a name"),
        ("busybox -n", "the flag -n needs a value"),
    ],
)
def test_what_cannot_be_is_refused(notebook, line, message):
    notebook.run("%%hull -n taken busybox --network none\ntrue")
    name, shown = failure(notebook.run(f"%%hull {line}\ntrue"))
    assert name == "UserError"
    assert message in shown
    assert "hint: " in shown


def test_a_name_that_is_nobodys(notebook):
    name, shown = failure(notebook.run("%%hull -n nobody\ntrue"))
    assert name == "UserError"
    assert "%%hull -n nobody IMAGE makes it" in shown


def test_a_container_of_another_hand_takes_cells_and_is_left(notebook, cli):
    ident = cli("run", "-d", "--network", "none", "busybox", "sleep", "600", check=True).stdout.decode().strip()
    try:
        notebook.run(f"%%hull -n {ident[:12]}\nx=1")
        assert text(notebook.run(f"%%hull -n {ident[:12]}\necho $x")) == "1\n"
        notebook.run("%reload_ext hull")
        assert ident[:12] in cli("ps", check=True).stdout.decode()
    finally:
        cli("rm", "-f", ident, check=True)


def test_one_that_was_removed_is_told_and_made_anew(notebook, cli):
    notebook.run("%%hull -n away busybox --network none\nx=1")
    cli("rm", "-f", "away", check=True)
    messages = notebook.run("%%hull -n away busybox --network none\necho [$x]")
    assert text(messages) == "[]\n"
    assert "what it held is gone" in text(messages, "stderr")
    notebook.run("%hull rm -f away")


def test_a_missing_interpreter_is_an_error_that_names_the_way(notebook):
    name, shown = failure(notebook.run("%%hull -n none busybox --network none --interpreter python3\n1"))
    assert name == "HostError"
    assert "python3" in shown
    assert "hint: " in shown


def test_interpreters_without_a_memory_run_once_a_cell(notebook):
    if missing("program:perl"):
        pytest.skip("needs perl")
    cell = "%%hull -n once {} --interpreter perl\n{}"
    notebook.run(cell.format("host --network none", "1"))
    assert text(notebook.run(cell.format("", 'print "in $0\\n"'))) == "in -e\n"
    notebook.run("%hull rm -f once")


@pytest.mark.parametrize("how", ["kill", "shutdown"])
def test_the_kernels_end_is_their_end(kernel_env, cli, how, mark):
    notebook = Notebook(kernel_env)
    notebook.run(f"%%hull -n ends busybox --network none\nsleep {mark} &\nx=1")
    notebook.run("%%hull -n stays --keep busybox --network none\necho stays > /tmp/f")
    assert "stays" in kept(notebook)
    pid = notebook.manager.provisioner.pid
    if how == "kill":
        os.kill(pid, signal.SIGKILL)
    else:
        notebook.manager.shutdown_kernel()
    assert gone(pid)
    try:
        until(lambda: not processes(mark), "what ran in it to end")
        until(lambda: b"ends" not in cli("ps", "-a").stdout, "the container to be gone")
        assert cli("exec", "stays", "cat", "/tmp/f", check=True).stdout == b"stays\n"
    finally:
        cli("rm", "-f", "stays")
        notebook.close()


def test_a_cells_end_is_a_state_to_go_back_to(notebook):
    run = "-d --name cell-states --network none --checkpoint auto busybox sleep 1000"
    assert failure(notebook.run(f"%hull run {run}")) == ("", "")

    def cell(source):
        return notebook.run(f"%%hull -n cell-states\n{source}")

    cell("kept=1; echo 1 >/one")
    cell("echo 2 >/one\nfalse")
    cell("cat /one")
    said = "for row in get_ipython().run_line_magic('hull', 'log cell-states'): print(row.number, row.label, row.code)"
    assert text(notebook.run(said)) == "2 echo 2 >/one 1\n1 kept=1; echo 1 >/one 0\n0 (the beginning) None\n"
    notebook.run("%hull undo cell-states")
    assert text(cell("cat /one; echo ${kept-gone}")) == "1\ngone\n"
    notebook.run("%hull rm -f cell-states")

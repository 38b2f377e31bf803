"""`--in` and `--out` of a notebook's cell: variables go into a container, what it makes is assigned, all or nothing."""

import os

import pytest

from tests.fronts.notebooks import Notebook, failure, text
from tests.fronts.terminal import processes
from tests.kernels.image import boxed
from tests.waiting import gone, until

pytestmark = pytest.mark.needs("launcher", "userns", "program:busybox")


@pytest.fixture(scope="module")
def notebook(cli, kernel_env):
    """Give a kernel that knows `pybox` and busybox, and has a variable `words` that completes the former."""
    box = boxed()
    cli("import", "--change", 'CMD ["python3"]', "-", "pybox", input=box.rootfs, check=True)
    notebook = Notebook(kernel_env)
    notebook.run(f"words = {[*box.words, '--network', 'none']!r}")
    yield notebook
    notebook.close()


def test_variables_go_in_and_come_back(notebook):
    notebook.run("x, d, y = [1], {'a': (1, 2)}, 'before'")
    cell = "%%hull pybox {words} --in x,d --out y --out z\nprint('inside', x, d)\n"
    assert text(notebook.run(f"{cell}y = x + [2]\nz = d['a']")) == "inside [1] {'a': (1, 2)}\n"
    assert text(notebook.run("print(y, 'z' in globals())")) == "before True\n"
    notebook.run("%%hull pybox {words} --in x,d --out y,z\ny = x + [2]\nz = d['a']")
    assert text(notebook.run("print(y, z)")) == "[1, 2] (1, 2)\n"


def test_a_cell_that_fails_assigns_nothing(notebook):
    notebook.run("x, kept = 1, 'before'")
    messages = notebook.run("%%hull pybox {words} --in x --out kept,new\nkept = new = 2\nraise ValueError(x)")
    assert "the cell in pybox ended with exit code 1" in failure(messages)[1]
    assert "ValueError: 1" in text(messages, "stderr")
    notebook.run("%%hull pybox {words} --in x --out kept,new\nkept = 2")
    assert text(notebook.run("print(kept, 'new' in globals(), _exit_code)")) == "before False 1\n"


@pytest.mark.parametrize(
    ("line", "before", "says"),
    [
        ("--in missing", "", "cannot send missing: there is no such variable"),
        ("--in file", "file = open('/dev/null')", "cannot send file (TextIOWrapper) into pybox"),
        ("--in f", "f = lambda: 1", "cannot send f (<lambda>) into pybox"),
        ("--out 1x", "", "cannot use '1x' as the name of a value"),
    ],
    ids=["no variable", "file", "function", "no name"],
)
def test_what_cannot_travel_is_said_before_the_cell_runs(notebook, line, before, says):
    notebook.run(before)
    messages = notebook.run(f"%%hull pybox {{words}} {line}\nprint('started')")
    assert says in failure(messages)[1]
    assert text(messages) == ""


def test_a_named_container_takes_and_gives(notebook):
    notebook.run("x = [1]")
    named = "%%hull -n values"
    assert failure(notebook.run(f"{named} pybox {{words}} --in x --out y\nstate = 5\ny = [x, 'n']")) == ("", "")
    assert text(notebook.run("print(y)")) == "[[1], 'n']\n"
    assert text(notebook.run(f"{named}\nprint(state, x)")) == "5 [1]\n"
    messages = notebook.run(f"{named} --in x --out state,gone\nstate = 6")
    assert "cannot take gone out of values: the cell did not assign it" in failure(messages)[1]
    messages = notebook.run(f"{named} --in x --out state\n1/0")
    assert "ZeroDivisionError" in text(messages, "stderr")
    notebook.run(f"{named} --out state\nstate += 1")
    assert text(notebook.run("print(state)")) == "7\n"
    held = f"{named}\nimport os\nprint([n for n in os.listdir('/proc/self/fd') if int(n) > 3])"
    assert len(eval(text(notebook.run(held)))) <= 1  # the directory's own: nothing of an exchange is left
    notebook.run("%hull rm -f values")


def test_a_shell_s_cell_has_them_as_json(notebook):
    notebook.run("x = {'a': [1, None]}")
    cell = "%%hull busybox --network none --in x --out y\ncat /run/hull/in/x.json\n"
    messages = notebook.run(f"{cell}echo '[1, 2.5]' > /run/hull/out/y.json")
    assert (text(messages), failure(messages)) == ('{"a": [1, null]}', ("", ""))
    assert text(notebook.run("print(y)")) == "[1, 2.5]\n"
    assert "did not write /run/hull/out/y.json" in failure(notebook.run(cell))[1]


def held(notebook):
    """Return how many files of exchanges the kernel has open."""
    code = (
        "import os\nlinks = [f'/proc/self/fd/{n}' for n in os.listdir('/proc/self/fd')]\n"
        "print(sum('memfd:hull' in os.readlink(link) for link in links if os.path.lexists(link)))"
    )
    return int(text(notebook.run(code)))


def test_an_interrupt_leaves_nothing(cli, notebook):
    mark = f"1{os.getpid()}07"
    notebook.run("x = bytes(1 << 22)")
    ident = notebook.send(
        f"%%hull pybox {{words}} --in x --out x\nimport subprocess\nsubprocess.run(['sleep', '{mark}'])"
    )
    inside = until(lambda: processes(mark))
    notebook.manager.interrupt_kernel()
    assert failure(list(notebook.messages(ident)))[0] == "KeyboardInterrupt"
    assert all(gone(pid) for pid in inside)
    assert b"pybox" not in cli("ps", "-a", check=True).stdout
    assert held(notebook) == 0


def test_nothing_of_many_cells_stays_open(notebook):
    notebook.run("%%hull pybox {words} --out x\nx = bytearray(1 << 21)")
    assert text(notebook.run("x[0] = 1\nprint(len(x), x[0])")) == "2097152 1\n"
    assert held(notebook) == 0

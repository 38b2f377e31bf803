"""Tries where people type: a block of xonsh, a cell of a notebook, the picker on a terminal."""

import os

import pytest

from tests.fronts.notebooks import failure, text

pytestmark = pytest.mark.needs("userns")


@pytest.fixture
def place(tmp_path):
    """Give a directory that is this test's own, with a file in it."""
    made = tmp_path / "place"
    made.mkdir()
    (made / "old").write_text("old\n")
    return made


def test_a_block_of_xonsh_runs_in_the_try(script, place, cli):
    """Commands, patterns, redirections and cd of the block are the try's; Python's own writes are this machine's."""
    pytest.importorskip("xonsh", reason="xonsh is not installed")
    name = f"block-{os.getpid()}"
    source = f"""import hull
with hull.trial({name!r}) as t:
    cd {place}
    echo new > old
    cat ol* | tr a-z A-Z > shouted
    print($(cat shouted).strip(), flush=True)
    n = open('{place}/python', 'w').write('here')
try:
    with hull.trial({name!r}):
        ls {place}
        @host ls {place}
        raise ValueError
except ValueError:
    cat {place}/old
print(t.run(['cat', '{place}/old'], capture_output=True).stdout.decode().strip(), flush=True)
hull enter {name}
cat {place}/shouted
![exit]
cat {place}/old
"""
    try:
        done = script(source, whole=True)
        assert done.stdout.splitlines() == [
            "NEW", "old", "python", "shouted", "old", "python", "old", "new", "NEW", "old",
        ], done.stderr  # fmt: skip
        assert f"in {name}, a try: exit stops it" in done.stderr
        assert f"hull keep {name}" in done.stderr
        assert sorted(os.listdir(place)) == ["old", "python"]
    finally:
        cli("rm", "-f", name)


def test_a_cell_runs_in_a_try_and_tells_what_changed(notebook, place, cli):
    """Python by default, a shell where it is named; a name goes on; a failure raises; nothing of it is here."""
    name = f"cell-{os.getpid()}"
    try:
        first = notebook.run(
            f"%%try -n {name}\nimport os, sys\nopen('{place}/py','w').write('x'); print(os.path.exists('{place}/py'))"
        )
        assert text(first) == "True\n", failure(first)
        shown = [m["content"]["data"]["text/html"] for m in first if m["msg_type"] == "display_data"]
        assert len(shown) == 1
        assert f"{place}/py" in shown[0]
        assert f"%hull keep {name}" in shown[0]
        second = notebook.run(f"%%try -n {name} bash\necho more >> {place}/old; ls {place}; exit 3")
        assert text(second) == "old\npy\n", failure(second)
        assert failure(second)[0] == "ContainerError"
        assert "exit code 3" in failure(second)[1]
        assert os.listdir(place) == ["old"]
        assert (place / "old").read_text() == "old\n"
        assert "Run a program on this machine" in str(notebook.run("%%try --help\n-"))
    finally:
        cli("rm", "-f", name)


def test_cells_are_states_that_undo_goes_back_to(notebook, cli):
    """With --checkpoint auto each cell's end is a state, called by its first line; undo restarts the interpreter."""
    name = f"states-{os.getpid()}"
    try:
        first = notebook.run(f"%%hull -n {name} --keep busybox --network none --checkpoint auto\n# a\necho 1 > /f; x=1")
        assert failure(first) == ("", "")
        notebook.run(f"%%hull -n {name}\necho 2 > /f")
        shown = notebook.run(f"for one in get_ipython().run_line_magic('hull', 'log {name}'): print(one.label)")
        assert {"echo 1 > /f; x=1", "echo 2 > /f"} <= set(text(shown).splitlines()), failure(shown)
        assert failure(notebook.run(f"%hull undo {name}")) == ("", "")
        back = notebook.run(f"%%hull -n {name}\ncat /f; echo x$x")
        assert text(back) == "1\nx\n", failure(back)
        assert "its variables are gone" in text(back, "stderr")
    finally:
        cli("rm", "-f", name)

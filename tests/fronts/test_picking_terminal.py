"""`hull keep --pick` on a real terminal: parts of files are kept, single changes dropped, the rest stays in the try."""

import os

import pytest

from tests.commandline import program

pytest.importorskip("prompt_toolkit", reason="prompt_toolkit is not installed")

pytestmark = pytest.mark.needs("userns", "ordinary")
LINES = [f"line {number}\n" for number in range(1, 41)]
CLEAN = (set(), True, False)


@pytest.fixture
def tried(cli, tmp_path):
    """Give a directory and the name of a try that changed a text of it at two places, removed a file and made two."""
    place = tmp_path / "place"
    place.mkdir()
    (place / "text").write_text("".join(LINES))
    (place / "gone").write_text("here\n")
    name = f"pick-{os.getpid()}"
    line = "sed -i 's/^line 3$/three/; s/^line 30$/thirty/' text; rm gone; mkdir new; echo a > new/a; echo b > new/b"
    try:
        cli("try", "--name", name, "-w", str(place), "sh", "-c", line, check=True)
        yield place, name
    finally:
        cli("rm", "-f", name)


def test_some_is_kept_some_dropped_and_the_rest_stays(tried, cli, opened):
    place, name = tried
    view = opened(*program(), "keep", "--in", name, "--pick", root=cli.root, NO_COLOR="1")
    view.shows(f"changes of {name}", "0 of 5 chosen", "text")
    assert view.modes >= {"mouse"}
    view.send("/text\r")
    view.hides("new/")
    view.send("\x1b[B" * 9 + "\r")
    view.shows("part 1 of 2", "-line 3", "+three")
    view.send("\x1b[B ")
    view.shows("[x] @@ -27,7 +27,7 @@")
    view.send("\x1b")
    view.hides("part 2 of 2")
    view.send("\x1b")
    view.shows("1 of 5 chosen", "new/", "[-]")
    view.send("k")
    view.shows("keep 1 change on this machine?")
    view.send("n")
    view.shows("nothing was done")
    view.send("ky")
    assert view.end() == 0
    assert (view.modes, view.cursor, view.alternate) == CLEAN
    assert "kept 1 changed" in view.text
    assert (place / "text").read_text() == "".join(LINES).replace("line 30\n", "thirty\n")
    assert sorted(os.listdir(place)) == ["gone", "text"]

    view = opened(*program(), "diff", name, "--pick", root=cli.root)
    view.shows("0 of 5 chosen")
    view.send("/new/a\r")
    view.hides("gone")
    view.send("a")
    view.shows("of 5 chosen", "[x]")
    view.send("dy")
    assert view.end() == 0
    shown = cli("try", "--in", name, "-w", str(place), "sh", "-c", "ls . new; sed -n '3p;30p' text", check=True).stdout
    assert shown.decode().split("\n")[:-1] == [".:", "new", "text", "", "new:", "b", "three", "thirty"]


def test_q_leaves_everything_as_it_is(tried, cli, opened):
    place, name = tried
    view = opened(*program(), "keep", "--in", name, "--pick", root=cli.root)
    view.shows("0 of 5 chosen")
    view.send("a")
    view.shows("5 of 5 chosen")
    view.click(2, 2)
    view.hides("5 of 5 chosen")
    view.send("q")
    assert view.end() == 0
    assert (view.modes, view.cursor, view.alternate) == CLEAN
    assert sorted(os.listdir(place)) == ["gone", "text"]
    assert b"there is no terminal" in cli("keep", "--in", name, "--pick").stderr

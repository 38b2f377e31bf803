"""What a try does that binpash/try's own tests ask for, too, one behaviour each (written for hull, not taken over)."""

import json
import os
import pathlib
import stat
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.commandline import CommandLine

pytestmark = [pytest.mark.needs("launcher", "userns"), pytest.mark.single_id]
# What was there, and what happens to it: every kind of file becomes every other one.
KINDS = {
    "nothing": ":",
    "file": "echo old >at",
    "link": "ln -s nowhere at",
    "directory": "mkdir -p at/in; echo old >at/in/file",
    "fifo": "mkfifo at",
}


@pytest.fixture
def name(cli: CommandLine) -> Iterator[str]:
    """Give the name of a try; it is dropped at the end."""
    given = f"t-{uuid.uuid4().hex[:8]}"
    yield given
    cli("drop", given)


@pytest.fixture
def here(tmp_path: pathlib.Path) -> pathlib.Path:
    """Give a directory to try things in."""
    place = tmp_path / "here"
    place.mkdir()
    return place


def tree(place: pathlib.Path) -> dict[str, tuple[Any, ...]]:
    """Return every file with its kind, mode and content."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(place.rglob("*")):
        mode = path.lstat().st_mode
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if stat.S_ISREG(mode) else None
        found[str(path.relative_to(place))] = (stat.S_IFMT(mode), stat.S_IMODE(mode), content)
    return found


def changed(cli: CommandLine, name: str) -> dict[str, str]:
    """Return what the try changed, path and kind; but not the directories whose time alone tells of it."""
    document = json.loads(cli("diff", "--json", name, check=True).stdout)
    return {change["path"]: change["kind"] for change in document["changes"] if change["what"] != ["time"]}


def test_every_kind_of_file_becomes_every_other_one(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    cases = [(old, new) for old in KINDS for new in KINDS if (old, new) != ("nothing", "nothing")]
    before, inside = "", ""
    for old, new in cases:
        before += f"mkdir {old}-{new} && (cd {old}-{new}; {KINDS[old]})\n"
        inside += f"(cd {old}-{new}; rm -rf at; {KINDS[new].replace('old', 'new')})\n"
    copy = here.parent / "copy"
    copy.mkdir()
    for place in (here, copy):
        subprocess.run(["sh", "-ec", before], cwd=place, check=True)
    subprocess.run(["sh", "-ec", inside], cwd=copy, check=True)
    original = tree(here)
    cli("try", "--name", name, "sh", "-ec", inside, cwd=here, check=True)
    assert tree(here) == original
    cli("keep", "--in", name, check=True)
    assert tree(here) == tree(copy)


def test_the_exit_code_is_the_commands(cli: CommandLine, name: str) -> None:
    assert cli("try", "--name", name, "sh", "-c", "exit 3").returncode == 3


def test_a_program_that_is_not_there(cli: CommandLine, name: str) -> None:
    assert cli("try", "--name", name, "no-such-program").returncode == 127


def test_words_reach_the_program_as_given(cli: CommandLine, name: str) -> None:
    words = ("a b", "", "$HOME", "*", '"', "--name", "-x", "new\nline")
    done = cli("try", "--name", name, "printf", "[%s]", *words, check=True)
    assert done.stdout.decode() == "".join(f"[{word}]" for word in words)


def test_it_begins_where_the_caller_is(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    env = cli.env(OLDPWD="/usr", PWD=str(here))
    done = cli("try", "--name", name, "sh", "-c", 'echo "$PWD $OLDPWD"', cwd=here, env=env, check=True)
    assert done.stdout.decode() == f"{here} /usr\n"


def test_streams_are_the_callers(cli: CommandLine, name: str) -> None:
    script = "read x </dev/stdin; echo $((x * 2)) >/dev/stdout; echo $((x * 3)) >/dev/stderr"
    done = cli("try", "--name", name, "sh", "-c", script, input=b"5\n", check=True)
    assert done.stdout == b"10\n"
    assert b"15\n" in done.stderr


def test_devices_that_programs_need(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    script = "head -c 5 /dev/urandom >random; echo x >/dev/null; head -c 3 /dev/zero >zero"
    cli("try", "--name", name, "sh", "-ec", script, cwd=here, check=True)
    cli("keep", "--in", name, check=True)
    assert ((here / "random").stat().st_size, (here / "zero").read_bytes()) == (5, bytes(3))


@pytest.mark.needs("program:bash")
def test_process_substitution_in_the_callers_shell(cli: CommandLine, name: str) -> None:
    cli("try", "--name", name, "bash", "-c", "diff <(echo same) <(echo same)", check=True)


def test_a_hidden_path_is_empty_and_stays(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    (here / "file").write_text("secret")
    (here / "place").mkdir()
    (here / "place" / "inner").write_text("secret")
    hide = (f"--hide={here}/file", f"--hide={here}/place")
    script = "test ! -s file && test ! -e place/inner"
    cli("try", "--name", name, *hide, "sh", "-c", script, cwd=here, check=True)
    assert changed(cli, name) == {}
    assert (here / "place" / "inner").read_text() == "secret"


def test_it_goes_on_where_it_was(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    (here / "old").write_text("old")
    cli("try", "--name", name, "sh", "-ec", "touch empty; echo one >file; rm old", cwd=here, check=True)
    cli("try", "--in", name, "sh", "-ec", "rm empty; echo two >>file; touch old", cwd=here, check=True)
    assert changed(cli, name) == {str(here / "file"): "added", str(here / "old"): "changed"}
    cli("keep", "--in", name, check=True)
    assert tree(here) == {"file": (stat.S_IFREG, 0o644, b"one\ntwo\n"), "old": (stat.S_IFREG, 0o644, b"")}


def test_going_on_in_what_is_not_there(cli: CommandLine) -> None:
    for words in (("try", "--in", "no-such-try", "true"), ("diff", "no-such-try"), ("keep", "--in", "no-such-try")):
        done = cli(*words)
        assert done.returncode == 125, words
        assert b"no-such-try" in done.stderr


def test_chosen_paths_alone_are_kept(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    cli("try", "--name", name, "touch", "one", "two", "three", cwd=here, check=True)
    cli("keep", "--in", name, f"{here}/one", f"{here}/three", check=True)
    assert set(tree(here)) == {"one", "three"}
    assert changed(cli, name) == {str(here / "two"): "added"}


def test_paths_through_links_are_kept_by_either_name(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    (here / "real").mkdir()
    for link in ("stays", "goes"):
        (here / link).symlink_to("real")
    script = "touch stays/one; rm goes; mkdir goes; touch goes/two"
    cli("try", "--name", name, "sh", "-ec", script, cwd=here, check=True)
    cli("keep", "--in", name, f"{here}/stays/one", f"{here}/goes/two", check=True)
    assert [str(path.relative_to(here)) for path in sorted(here.rglob("*"))] == [
        *("goes", "goes/two", "real", "real/one", "stays")
    ]
    assert not (here / "goes").is_symlink()


def test_nothing_changed_is_nothing_to_keep(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    cli("try", "--name", name, "sh", "-c", "touch x; rm x; cat /etc/passwd", cwd=here, check=True)
    assert changed(cli, name) == {}


def test_names_of_any_bytes(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    odd = os.fsencode(here) + b"/new\nline \xff\x1b[31m"
    with open(odd, "wb"):
        pass
    script = "import os, sys; n = os.fsencode(sys.argv[1]); os.rename(n, n + b'\\n2')"
    cli("try", "--name", name, "python3", "-c", script, odd, cwd=here, check=True)  # type: ignore[arg-type]
    assert os.path.exists(odd)
    cli("keep", "--in", name, check=True)
    assert os.listdir(os.fsencode(here)) == [os.path.basename(odd) + b"\n2"]


def test_the_top_looks_as_outside(cli: CommandLine, name: str) -> None:
    def look(*argv: str) -> dict[str, str]:
        script = 'for f in /* /.[!.]*; do [ -e "$f" ] && stat -c "%n %A %F" "$f"; done'
        run = cli("try", "--name", name, "sh", "-c", script, check=True) if not argv else None
        out = run.stdout if run else subprocess.run([*argv, script], capture_output=True, check=False).stdout
        lines = (line.split(" ", 1) for line in out.decode().splitlines())
        return {path: rest for path, rest in lines if path not in ("/proc", "/sys", "/dev", "/run", "/tmp")}

    assert look() == look("sh", "-c")

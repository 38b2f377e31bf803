"""Each story runs to its end in the shell that it is for, and tells the truth; its recording is of what it is now."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

import pytest

from demos import record
from demos.stack.__main__ import MMDEBSTRAP
from demos.statements import statements
from tests import imagebuild
from tests.busybox import rootfs
from tests.commandline import CommandLine, remove_tree

DEMOS = os.path.dirname(os.path.abspath(record.__file__))
NAMES = ("debian:12", "debian:13", "ubuntu:24.04")
MOST_LINES = 60
FILES = [demo.file for demo in record.DEMOS]

Play = Callable[..., str]


@pytest.fixture(scope="module")
def store() -> Iterator[CommandLine]:
    """Give a store with the images that the stories name: busybox, and one Debian with Python and PostgreSQL."""
    layer = imagebuild.debian_layer(flavour="stack", words=MMDEBSTRAP)
    base = tempfile.mkdtemp(prefix="hull-demos-")
    os.chmod(base, 0o711 if os.geteuid() == 0 else 0o700)
    cli = CommandLine(f"{base}/s")
    cli("import", "-", "busybox", input=rootfs(), check=True)
    cli("import", "-c", 'CMD ["python3"]', "-", "python:3.13", input=layer, check=True, timeout=300)
    for name in NAMES:
        cli("tag", "python:3.13", name, check=True)
    yield cli
    remove_tree(base)


@pytest.fixture
def play(store: CommandLine, tmp_path) -> Play:
    """Give `play(argv…)`: what a program printed that ran in a copy of the demos' directory and ended well."""
    place = tmp_path / "demos"
    subprocess.run(["cp", "-R", DEMOS, place], check=True)
    subprocess.run(["chmod", "-R", "a+rX", place], check=True)
    env = store.env(
        HOME=str(tmp_path),
        PYTHONUNBUFFERED="1",  # what Python prints stands in order with what commands print
        PATH=os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])),
        PYTHONPATH=os.pathsep.join((os.path.join(os.path.dirname(DEMOS), "core"), os.path.dirname(DEMOS))),
        **{f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "DATA", "CACHE")},
    )

    def run(*argv: str) -> str:
        with open(tmp_path / "told", "w+") as told:
            done = subprocess.run(
                argv, cwd=place, env=env, stdin=subprocess.DEVNULL, stdout=told, stderr=told, timeout=120, check=False
            )
            told.seek(0)
            text = told.read()
        assert done.returncode == 0, text
        left = store("ps", "-a", "--format", "{{.Names}}", check=True).stdout.decode().split()
        assert not {"lab", "db", "bench"} & set(left)
        return text

    return run


def xonsh(play: Play, name: str) -> list[str]:
    pytest.importorskip("xonsh", reason="xonsh is not installed")
    return play(sys.executable, "-m", "xonsh", "--no-rc", name).splitlines()


@pytest.mark.needs("range", "program:mmdebstrap")
def test_a_pipeline_of_three_containers(play: Play) -> None:
    told = xonsh(play, "pipeline.xsh")
    assert len(told) == 5, told
    counts = [line.split() for line in told[:3]]
    failures = [f"/page/{n * n % 7}" for n in range(1, 100_001) if n % 11 == 0]
    assert [(int(count), failures.count(page)) for count, page in counts] == [(int(count),) * 2 for count, _ in counts]
    assert int(counts[0][0]) == max(map(failures.count, set(failures)))
    assert told[3:] == [f"worst: {max(sorted(set(failures), reverse=True), key=failures.count)}, exit code: 3", "y"]


@pytest.mark.needs("range", "program:mmdebstrap")
def test_one_package_on_three_distributions(play: Play) -> None:
    told = xonsh(play, "distributions.xsh")
    assert [line.split()[:2] for line in told[:3]] == [["ok", name] for name in NAMES]
    assert all("Debian GNU/Linux 12" in line for line in told[:3])
    assert told[3:] == ["3 boxes"]


@pytest.mark.needs("range", "program:mmdebstrap")
def test_a_cell_in_another_python(play: Play) -> None:
    pytest.importorskip("nbclient", reason="nbclient is not installed")
    code = (
        "import nbclient, nbformat\n"
        "notebook = nbformat.read('another_python.ipynb', 4)\n"
        "nbclient.NotebookClient(notebook, kernel_name='python3').execute()\n"
        "for cell in notebook.cells:\n"
        "    for made in cell.get('outputs', ()):\n"
        "        print('>', made.get('text') or made['data']['text/plain'])\n"
    )
    told = [line for line in play(sys.executable, "-c", code).splitlines() if line.startswith(">")]
    here = sys.version.split()[0]
    assert told[0].startswith(f"> ('{here}', '3.")
    assert told[0].endswith("342)")
    assert told[1:] == ["> 114"]


@pytest.mark.needs("range", "tun", "program:slirp4netns", "program:mmdebstrap")
def test_a_database_for_an_afternoon(play: Play) -> None:
    told = play("sh", "database.sh").splitlines()
    assert "3|342" in told
    assert "sail" in told[told.index("3|342") :]
    assert any(line.startswith("5432/tcp -> 127.0.0.1:") for line in told)


@pytest.mark.needs("range", "tun", "program:slirp4netns", "program:mmdebstrap")
def test_an_untrusted_script_gets_nothing(play: Play) -> None:
    told = play("sh", "untrusted.sh").splitlines()
    tries = [line.split()[0] for line in told[:-2]]
    assert tries == ["failed"] * 9, told
    assert told[-2:] == ["ended with 137", "no way out"]


@pytest.mark.needs("range", "program:mmdebstrap")
def test_from_an_experiment_to_a_containerfile(play: Play) -> None:
    told = play("sh", "recipe.sh").splitlines()
    assert "A /srv/site/index.html" in told
    assert "RUN sha256sum index.html >SUMS" in told
    assert told[-3:] == ["<h1>Made of what was tried</h1>", "index.html: OK", "lab"]


@pytest.mark.needs("userns")
def test_an_install_script_is_tried_kept_in_part_and_undone(play: Play, tmp_path) -> None:
    (tmp_path / ".local/share").mkdir(parents=True)
    with open("/etc/motd", "rb") as file:
        before = file.read()
    told = play("sh", "try.sh").splitlines()
    assert told[:2] == ["greet is installed", "buy milk"]
    assert f"D {tmp_path}/notes/" in told
    assert "+alias ls=greet" in told
    kept = next(number for number, line in enumerate(told) if "kept 3 added" in line)
    assert told[kept + 1].startswith("Hello, ")
    assert told[kept + 2] == "buy milk"
    assert "undone" in told[kept + 3]
    assert told[-1] == "setup"
    assert os.listdir(tmp_path / ".local/share") == []
    assert (tmp_path / "notes/today").read_text() == "buy milk\n"
    with open("/etc/motd", "rb") as file:
        assert file.read() == before


def test_each_try_of_the_script_succeeds_where_it_may(tmp_path) -> None:
    """The tries are no idle words: their script runs each, and one that comes about is told so."""
    script = os.path.join(DEMOS, "untrusted", "script.sh")
    env = {"TOKEN": "x", "PATH": os.environ["PATH"]}
    argv = ["sh", "-c", 'sed "/^try \\"read the token/q" "$0" | sh', script]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "DONE    read the token\n"


@pytest.mark.parametrize("file", FILES)
def test_a_story_is_short(file: str) -> None:
    with open(os.path.join(DEMOS, file)) as lines:
        assert len(lines.readlines()) <= MOST_LINES


@pytest.mark.parametrize("file", FILES)
def test_the_recording_is_of_the_story(file: str) -> None:
    name = os.path.join(record.PLACE, os.path.splitext(file)[0])
    with open(f"{name}.cast") as cast:
        head, *events = map(json.loads, cast)
    assert head["version"] == 2
    assert [text for _, kind, text in events if kind == "i"] == statements(os.path.join(DEMOS, file)), "make recordings"
    with open(f"{name}.svg") as svg:
        assert f"<title>{head['title']}</title>" in svg.read()

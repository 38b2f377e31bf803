"""Containers as Python values: real ones, and what types and help say of them."""

import asyncio
import inspect
import os
import subprocess
import sys
import threading

import hull
import pytest
from hull.commands import _flags
from hull.commands._verb import derive, load
from hull.commands.exec import exec_
from hull.errors import UserError
from hull.objects import given, values

from tests.commandline import CommandLine

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KINDS = {bool: "bool", int: "int", float: "float"}


@pytest.fixture
def store(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("HULL_ROOT", cli.root)
    return cli


def run(*command: str, **flags):
    return hull.run("busybox", command, detach=True, network="none", **flags)


def test_a_detached_container_lives_dies_and_is_removed(store):
    with run("sh", "-c", "echo out; echo err >&2; exit 3", env={"A": "1"}, label={"k": "v"}) as c:
        assert c.wait() == 3
        assert c.state == "exited"
        assert c.labels["k"] == "v"
        assert b"".join(piece.data for piece in c.logs() if piece.stream == 1) == b"out\n"
        assert c == hull.container(c.name)
        assert c.inspect()["State"]["ExitCode"] == 3
        assert [row.names for row in hull.ps(all=True) if row.id == c.id] == [c.name]
    with pytest.raises(UserError, match="no such container"):
        c.inspect()


def test_a_running_one_is_removed_when_the_block_fails(store):
    with pytest.raises(ZeroDivisionError), run("sleep", "60") as c:
        _ = 1 // 0
    assert c.id not in {row.id for row in hull.ps(all=True)}


def test_its_health_on_request(store):
    with run("sleep", "60", health_cmd="echo well; test -e /ok", health_interval="1h") as c:
        assert (c.healthcheck().healthy, c.healthcheck().output) == (False, "well\n")
        c.exec(["touch", "/ok"], check=True)
        assert c.healthcheck().healthy


def test_methods_are_the_verbs(store):
    with run("sleep", "60") as c:
        assert c.state == "running"
        c.rename("renamed_" + c.id[:8])
        assert c.name == "renamed_" + c.id[:8]
        assert any("sleep 60" in row.cmd for row in c.top())
        assert c.exec(["sh", "-c", "cat; touch /made"], input=b"in", capture_output=True).stdout == b"in"
        assert "A /made" in c.diff()
        with pytest.raises(subprocess.CalledProcessError):
            c.exec(["false"], check=True)
        c.kill(signal="KILL")
        assert c.wait() == 137
        c.start()
        c.stop(time=0)
        assert c.state == "exited"


def test_a_created_one_starts(store):
    with hull.create("busybox", "true", network="none") as c:
        assert c.state == "created"
        c.start()
        assert c.wait() == 0


def test_the_foreground_is_as_subprocess_has_it(store):
    done = hull.run("busybox", ["sh", "-c", "cat; exit 4"], input=b"x", capture_output=True, network="none", rm=True)
    assert (done.returncode, done.stdout) == (4, b"x")
    with pytest.raises(subprocess.CalledProcessError):
        hull.run("busybox", "false", network="none", rm=True, check=True)


def test_errors_are_hulls(store):
    with pytest.raises(hull.HullError) as caught:
        hull.run("busybox", "true", network="nowhere", detach=True)
    assert caught.value.hint
    with pytest.raises(TypeError):
        hull.run("busybox", "true", detach=True, nmae="x")


def test_an_image_is_a_value(store):
    image = hull.image("busybox")
    assert image == hull.image(image.id)
    assert any(row.repository == "busybox" for row in image.list())
    with hull.create(image, "true") as c:
        assert c.inspect()["Image"] == image.id


def test_coroutines_wait_without_threads(store):
    async def story() -> list[int]:
        made = await asyncio.gather(
            *(hull.aio.run("busybox", ["sh", "-c", f"sleep 1; exit {n}"], network="none") for n in range(4))
        )
        waits = [asyncio.ensure_future(c.wait()) for c in made]
        await asyncio.sleep(0.3)
        busy = sum(thread.name.startswith("asyncio_") and not _idle(thread) for thread in threading.enumerate())
        codes = await asyncio.gather(*waits)
        assert [piece async for piece in made[0].logs()] == []
        for c in made:
            async with c:
                pass
        assert busy == 0
        return codes

    assert asyncio.run(story()) == [0, 1, 2, 3]


def _idle(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident)
    return frame is None or frame.f_code.co_name in ("_worker", "wait", "get")


def test_a_wait_can_be_cancelled(store):
    async def story() -> None:
        async with await hull.aio.run("busybox", ["sleep", "60"], network="none") as c:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(c.wait(), 0.2)
            assert c.sync.state == "running"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a", ("a",)),
        (["a", 1], ("a", "1")),
        ({"A": "b", "C": None}, ("A=b", "C")),
        (values.Volume("data").at("/srv", readonly=True), ("data:/srv:ro",)),
        (values.Volume("data"), ("data",)),
        ((), ()),
    ],
)
def test_words(value, words):
    assert values.words(value) == words


NOT_TYPED = {
    "exec_": {"detach"},
    "try_": {"name", "interactive", "tty", "rm", "in_", "detach", "plan", "keep", "report"},
}


@pytest.mark.parametrize(
    ("listed", "verb"), [(given.Asked, _flags.asked), (given.Within, exec_), (given.Tried, load("try").function)]
)
def test_the_typed_flags_are_the_verbs(listed, verb):
    left = NOT_TYPED.get(verb.__name__, set())
    flags = {flag.name: flag for flag in derive("verb", verb).flags if flag.name not in left}
    assert set(listed.__annotations__) == set(flags)
    for name, hint in listed.__annotations__.items():
        flag = flags[name]
        said = hint if isinstance(hint, type) else str(hint)
        if flag.kind in KINDS and not flag.many:
            assert KINDS[flag.kind] in str(said)
        assert ("None" in str(hint).replace("str | None]", "")) == (flag.default is None), name


def test_help_is_the_verbs(monkeypatch):
    signature = inspect.signature(hull.Container.stop)
    assert list(signature.parameters) == ["self", "time", "signal_"]
    assert signature.parameters["time"].annotation == float | None
    assert hull.Container.stop.__doc__.startswith("Stop containers")
    assert inspect.signature(hull.aio.Container.stop) == signature


@pytest.mark.slow
def test_a_checker_sees_the_verbs_types(tmp_path):
    story = tmp_path / "story.py"
    story.write_text(
        "import hull\n"
        'c = hull.run("x", ["a"], detach=True, env={"A": "b"})\n'
        "code: int = c.wait()\n"
        "c.stop(time=1.0)\n"
        'hull.run("x").returncode + 1\n'
        "names: list[str] = [row.names for row in hull.ps()]\n"
        "c.stop(tim=1.0)  # line 7\n"
        'hull.run("x", nmae="b")  # line 8\n'
    )
    argv = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        f"{HERE}/pyproject.toml",
        "--cache-dir",
        str(tmp_path),
        str(story),
    ]
    done = subprocess.run(argv, cwd=HERE, capture_output=True, text=True, check=False)
    wrong = [
        line.split(":")[1] for line in done.stdout.splitlines() if line.startswith(str(story)) and ": error:" in line
    ]
    assert set(wrong) == {"7", "8"}, done.stdout

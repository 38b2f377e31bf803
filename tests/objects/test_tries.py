"""`hull.trial` in plain Python: a try that is up for a block, and is left for looking."""

import asyncio
import os

import hull
import pytest
from hull import aio

pytestmark = pytest.mark.needs("userns")


@pytest.fixture(autouse=True)
def store(cli, monkeypatch, tmp_path):
    """Let the values be those of the shared store, and this process stand in a directory that is its own."""
    monkeypatch.setenv("HULL_ROOT", cli.root)
    monkeypatch.chdir(tmp_path)
    return cli


@pytest.fixture
def named(cli, request):
    """Give a name whose try is gone when the test is over."""
    name = f"t-{os.getpid()}-{abs(hash(request.node.name)) % 10**6}"
    yield name
    cli("rm", "-f", name)


def test_a_block_changes_nothing_here_and_its_try_stays(named, tmp_path):
    (tmp_path / "old").write_text("old\n")
    with hull.trial(named) as t:
        assert t(
            "echo new > old; echo more > more; pwd", capture_output=True, check=True
        ).stdout.decode().strip() == str(tmp_path)
        with t.open(tmp_path / "old") as file:
            assert file.read() == "new\n"
        with t.open(tmp_path / "old", "a") as file:
            file.write("end\n")
        with t.open(tmp_path / "bytes", "wb") as file:
            file.write(b"\0\xff")
        with pytest.raises(OSError, match="more"), t.open(tmp_path / "more", "x"):
            pass
        (tmp_path / "python").write_text("here")
    assert (tmp_path / "old").read_text() == "old\n"
    assert sorted(os.listdir(tmp_path)) == ["old", "python"]
    assert t.state == "exited"
    assert t.run(["cat", str(tmp_path / "old")], capture_output=True, check=True).stdout == b"new\nend\n"


def test_an_exception_leaves_it_and_its_name_goes_on(named, tmp_path):
    def fail():
        with hull.trial(named) as t:
            t("echo 1 > file", check=True)
            raise ValueError("on the way")

    with pytest.raises(ValueError, match="on the way"):
        fail()
    with hull.trial(named) as t:
        assert t("cat file", capture_output=True).stdout == b"1\n"
    with pytest.raises(hull.HullError, match="decided when it was made"), hull.trial(named, net=True):
        pass
    assert not (tmp_path / "file").exists()


def test_coroutines(named):
    async def session():
        async with aio.trial(named) as t:
            done = await asyncio.gather(*(t.run(["echo", str(n)], capture_output=True) for n in range(3)))
            return [one.stdout for one in done]

    assert asyncio.run(session()) == [b"0\n", b"1\n", b"2\n"]


@pytest.mark.needs("ordinary")
def test_the_verbs_are_methods(named, cli, tmp_path):
    (tmp_path / "old").write_text("old\n")
    with hull.trial(named, checkpoint="auto") as t:
        t("echo new > old", check=True)
        t("echo more > more", check=True)
    assert any("old" in str(line) for line in t.diff(name_only=True))
    other = t.branch(f"{named}-2")
    assert [row.label.replace("'", "") for row in t.log()][:2] == ["sh -c echo more > more", "sh -c echo new > old"]
    try:
        assert other.run(["cat", str(tmp_path / "more")], capture_output=True).stdout == b"more\n"
        t.undo()
        assert not any(str(tmp_path / "more") in str(line) for line in t.diff(name_only=True))
        t.redo()
        assert "sh -c echo new > old" in [row.label.replace("'", "") for row in t.log()]
        assert "kept" in t.keep(tmp_path / "old")[0]
        assert (tmp_path / "old").read_text() == "new\n"
        assert not (tmp_path / "more").exists()
    finally:
        other.drop()
        t.drop()
    with pytest.raises(hull.HullError):
        t.state  # noqa: B018 (it is gone)


def test_coroutines_have_the_verbs():
    assert {name for name in vars(hull.Try) if not name.startswith("_")} - {"open", "diff"} <= set(vars(aio.Try))


def test_a_mode_that_cannot_be(named):
    with hull.trial(named) as t, pytest.raises(hull.HullError, match="mode"):
        t.open("/etc/hosts", "r+")

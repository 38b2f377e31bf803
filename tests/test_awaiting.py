"""hull.arun: containers beside each other in one event loop, their output, their cancellation."""

import asyncio
import os
import resource
import subprocess
import time

import hull
import pytest

from tests.fronts.terminal import processes
from tests.waiting import until

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def _store(cli, monkeypatch):
    monkeypatch.setenv("HULL_ROOT", cli.root)


@pytest.fixture
def mark() -> str:
    """Return a number of seconds that finds this test's processes."""
    return f"1{os.getpid()}{time.monotonic_ns() % 1000:03}"


def arun(script, **flags):
    return hull.arun("busybox", ["sh", "-c", script], network="none", **flags)


def descriptors():
    return set(os.listdir("/proc/self/fd"))


def test_the_result_has_code_and_both_streams():
    done = asyncio.run(arun("echo out; echo err >&2; exit 3"))
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")
    with pytest.raises(subprocess.CalledProcessError):
        done.check_returncode()
    with pytest.raises(subprocess.CalledProcessError):
        asyncio.run(arun("exit 3", check=True))


def test_input_and_bytes():
    done = asyncio.run(arun("cat; printf '\\377'", input="text", text=False))
    assert done.stdout == b"text\xff"
    assert asyncio.run(arun("wc -c")).stdout == "0\n"
    assert len(asyncio.run(arun("cat", input=b"x" * 3_000_000)).stdout) == 3_000_000


def test_nothing_is_left(cli, others):
    before = descriptors()
    asyncio.run(arun("true"))
    assert descriptors() == before
    assert cli.containers() <= others


def test_streams_are_whole_lines_that_say_whose(capsys):
    async def both():
        return await asyncio.gather(
            *(
                arun("printf 'a b'; echo c; echo err >&2; printf end", stream=True, prefix=name)
                for name in ("one", "two")
            )
        )

    assert [done.stdout for done in asyncio.run(both())] == [None, None]
    shown = capsys.readouterr()
    assert sorted(shown.out.splitlines()) == ["one | a bc", "one | end", "two | a bc", "two | end"]
    assert sorted(shown.err.splitlines()) == ["one | err", "two | err"]


@pytest.mark.timeout(300)
def test_many_at_once_with_few_descriptors():
    async def hundred():
        return await asyncio.gather(*(arun(f"echo {number}; exit {number}") for number in range(100)))

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, before[1]), before[1]))
    try:
        found = asyncio.run(hundred())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert [(done.returncode, done.stdout) for done in found] == [(n, f"{n}\n") for n in range(100)]


@pytest.mark.parametrize("ignoring", ["", "trap '' INT TERM; "])
def test_cancelling_ends_the_tree(cli, others, mark, ignoring):
    async def cancelled():
        task = asyncio.create_task(arun(f"{ignoring}sleep {mark} & sleep {mark}; :"))
        await asyncio.to_thread(until, lambda: len(processes(mark)) >= 2, "the tree")
        start = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - start

    assert asyncio.run(cancelled()) < 4
    until(lambda: not processes(mark), "the tree to end")
    until(lambda: cli.containers() <= others, "the container to be removed")


def test_cancelling_before_the_start_leaves_nothing(cli, others):
    async def cancelled():
        task = asyncio.create_task(arun("true"))
        await asyncio.sleep(0)  # the plan is on its way
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    before = descriptors()
    asyncio.run(cancelled())
    assert cli.containers() <= others
    assert descriptors() == before


def test_time_is_limited_and_what_was_said_is_kept(mark):
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        asyncio.run(arun(f"echo said; sleep {mark}", timeout=1))
    assert caught.value.output == b"said\n"
    until(lambda: not processes(mark), "the program to end")


def test_an_unknown_flag_and_an_unknown_image_are_errors():
    with pytest.raises(hull.HullError):
        asyncio.run(hull.arun("busybox:none", pull="never"))

"""B36: pulls, runs and listings side by side: nobody waits for ever, `ps` least of all (podman#1146, #11589, #4591)."""

import threading
import time

import pytest

from tests import imagebuild, registries
from tests.imagebuild import layer, member

RUNS = 32
PS_LONGEST = 1.0  # seconds; B36's own bound


@pytest.mark.slow
@pytest.mark.serial
def test_b36_many_runs_end(fresh_cli, children):
    words = ("run", "--rm", "--network", "none", "busybox", "true")
    children += [fresh_cli.popen(*words) for _ in range(RUNS)]
    assert [process.wait(120) for process in children] == [0] * RUNS
    assert fresh_cli("ps", "-a", "-q", check=True).stdout == b""


@pytest.mark.serial
def test_b36_ps_and_run_do_not_wait_for_a_pull(fresh_cli, children):
    made = imagebuild.image(layer(member("a", bytes(200_000))), how="plain")
    honest = registries.image_answer(made.blobs, {"1": made.manifest})
    asked, over = threading.Event(), threading.Event()

    def answer(request):
        reply = honest(request)
        if made.layers[0] not in request.path:
            return reply
        asked.set()
        over.wait(60)
        return reply

    with registries.served(answer) as stub:
        children.append(fresh_cli.popen("pull", "-q", f"{stub.address}/a:1"))
        try:
            assert asked.wait(20)
            for words in (["ps"], ["images"], ["ps", "-a"]):
                began = time.monotonic()
                fresh_cli(*words, check=True)
                assert time.monotonic() - began < PS_LONGEST
            assert fresh_cli("run", "--rm", "--network", "none", "busybox", "echo", "hi", check=True).stdout == b"hi\n"
            assert children[0].poll() is None
        finally:
            over.set()
        assert children[0].wait(30) == 0


@pytest.mark.serial
def test_b36_ps_does_not_wait_for_a_push(fresh_cli, children):
    asked, over, memory = threading.Event(), threading.Event(), registries.Memory()

    def fault(request):
        if request.method in ("PATCH", "PUT") and "/uploads/" in request.path:
            asked.set()
            over.wait(60)

    memory.fault = fault
    with registries.served(memory) as stub:
        children.append(fresh_cli.popen("push", "-q", "busybox", f"{stub.address}/b:1"))
        try:
            assert asked.wait(20)
            began = time.monotonic()
            fresh_cli("ps", check=True)
            assert time.monotonic() - began < PS_LONGEST
            assert children[0].poll() is None
        finally:
            over.set()
        assert children[0].wait(30) == 0

"""A container swaps a directory and a link in a shared volume while the next one mounts below it."""

import os
import threading

import pytest

from tests.security.conftest import Canary, Run

ROUNDS = 40


@pytest.mark.slow
def test_cve_2021_30465_swapped_mount_point(run: Run, canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> None:
    shared, given = tmp_path_factory.mktemp("shared"), tmp_path_factory.mktemp("given")
    (given / "secret").write_text("given\n")
    for path in (shared, given):
        path.chmod(0o777)
    done, swaps = threading.Event(), []
    swapper = threading.Thread(target=_swap, args=(str(shared), canary.directory, done, swaps))
    swapper.start()
    try:
        for _ in range(ROUNDS):
            answer = run("-v", f"{shared}:/s", "-v", f"{given}:/s/point/below", "busybox", "ls", "/s/point/below")
            assert answer.stdout in (b"secret\n", b""), answer
            assert b"file" not in answer.stdout
            canary.assert_untouched()
    finally:
        done.set()
        swapper.join()
    assert len(swaps) > ROUNDS, "the swapper never ran beside a start"


def _swap(shared: str, outside: str, done: threading.Event, swaps: list[int]) -> None:
    real, link = f"{shared}/real", f"{shared}/link"
    os.makedirs(real, exist_ok=True)
    os.symlink(outside, link)
    point = f"{shared}/point"
    os.rename(real, point)
    while not done.is_set():
        os.rename(point, real)
        os.rename(link, point)
        os.rename(point, link)
        os.rename(real, point)
        swaps.append(1)

"""A container swaps a directory and a link in a shared volume while the next one mounts below it."""

import ctypes
import os
import threading

import pytest

from tests.security.conftest import Canary, Run

ROUNDS = 40
AT_FDCWD, RENAME_EXCHANGE = -100, 2


@pytest.mark.slow
def test_cve_2021_30465_swapped_mount_point(run: Run, canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> None:
    shared, given = tmp_path_factory.mktemp("shared"), tmp_path_factory.mktemp("given")
    (given / "secret").write_text("given\n")
    for path in (shared, given):
        path.chmod(0o777)
    done, swaps = threading.Event(), []
    swapper = threading.Thread(target=_swap, args=(str(shared), canary.directory, done, swaps))
    swapper.start()
    mounted = 0
    try:
        for _ in range(ROUNDS):
            answer = run("-v", f"{shared}:/s", "-v", f"{given}:/s/point/below", "busybox", "ls", "/s/point/below")
            assert answer.stdout in (b"secret\n", b""), answer
            mounted += answer.stdout == b"secret\n"
            canary.assert_untouched()
    finally:
        done.set()
        swapper.join()
    assert len(swaps) > ROUNDS, "the swapper never ran beside a start"
    assert mounted > 2, "hardly a start got as far as the mount"


def _swap(shared: str, outside: str, done: threading.Event, swaps: list[int]) -> None:
    """Exchange the two names for good: at no time is either missing."""
    names = [os.fsencode(f"{shared}/{name}") for name in ("point", "link")]
    os.mkdir(names[0])
    os.symlink(outside, names[1])
    libc = ctypes.CDLL(None)
    while not done.is_set():
        assert libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0
        swaps.append(1)

"""A container swaps a directory and a link in a shared volume while the next one mounts below it."""

import pytest

from tests.security.conftest import Canary, Run
from tests.security.swapping import swapping

ROUNDS = 40


@pytest.mark.slow
def test_cve_2021_30465_swapped_mount_point(run: Run, canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> None:
    shared, given = tmp_path_factory.mktemp("shared"), tmp_path_factory.mktemp("given")
    (given / "secret").write_text("given\n")
    for path in (shared, given):
        path.chmod(0o777)
    mounted = 0
    with swapping(str(shared), canary.directory, ROUNDS):
        for turn in range(5 * ROUNDS):  # more, where few got as far
            answer = run("-v", f"{shared}:/s", "-v", f"{given}:/s/point/below", "busybox", "ls", "/s/point/below")
            assert answer.stdout in (b"secret\n", b""), answer
            mounted += answer.stdout == b"secret\n"
            canary.assert_untouched()
            if turn >= ROUNDS and mounted > 2:
                break
    assert mounted > 2, "hardly a start got as far as the mount"

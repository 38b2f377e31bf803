"""Somebody swaps a volume's directory and a link while a part of the volume is mounted: nothing outside ever shows."""

import pytest

from tests.security.conftest import Canary, Run
from tests.security.swapping import swapping

ROUNDS = 20


@pytest.mark.slow
def test_cve_2024_11218_swapped_part_of_a_volume(run: Run, canary: Canary, cli, tmp_path_factory) -> None:
    volume = tmp_path_factory.mktemp("volume")
    volume.chmod(0o777)
    words = ("-o", "type=none", "-o", f"device={volume}", "-o", "o=bind")
    cli("volume", "create", *words, "swapped", check=True)
    mounted = 0
    with swapping(str(volume), canary.directory, ROUNDS):
        for turn in range(5 * ROUNDS):  # more, where few got as far
            mount = "type=volume,source=swapped,target=/m,volume-subpath=point"
            answer = run("--mount", mount, "busybox", "sh", "-c", "ls -a /m; touch /m/planted")
            assert b"file" not in answer.stdout, answer
            mounted += answer.returncode == 0
            canary.assert_untouched()
            if turn >= ROUNDS and mounted > 2:
                break
    assert mounted > 2, "hardly a start got as far as the mount"

"""Somebody swaps a volume's directory and a link while a part of the volume is mounted: nothing outside ever shows."""

import threading

import pytest

from tests.security.conftest import Canary, Run
from tests.security.test_cve_2021_30465_racing_mount import _swap

ROUNDS = 20


@pytest.mark.slow
def test_cve_2024_11218_swapped_part_of_a_volume(run: Run, canary: Canary, cli, tmp_path_factory) -> None:
    volume = tmp_path_factory.mktemp("volume")
    volume.chmod(0o777)
    words = ("-o", "type=none", "-o", f"device={volume}", "-o", "o=bind")
    cli("volume", "create", *words, "swapped", check=True)
    done, swaps = threading.Event(), []
    swapper = threading.Thread(target=_swap, args=(str(volume), canary.directory, done, swaps))
    swapper.start()
    mounted = 0
    try:
        for _ in range(ROUNDS):
            mount = "type=volume,source=swapped,target=/m,volume-subpath=point"
            answer = run("--mount", mount, "busybox", "sh", "-c", "ls -a /m; touch /m/planted")
            assert b"file" not in answer.stdout, answer
            mounted += answer.returncode == 0
            canary.assert_untouched()
    finally:
        done.set()
        swapper.join()
    assert len(swaps) > ROUNDS, "the swapper never ran beside a start"
    assert mounted > 2, "hardly a start got as far as the mount"

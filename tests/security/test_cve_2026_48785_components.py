"""A rule about a path speaks of components: /proc2 is not /proc."""

import pytest

from tests.security.conftest import Canary, Run


@pytest.mark.parametrize("target", ["/proc2", "/procfs/x", "/x/proc", "/process"])
def test_cve_2026_48785_a_longer_name_is_another_path(run: Run, canary: Canary, target: str) -> None:
    done = run("-v", f"{canary.directory}:{target}:ro", "busybox", "cat", f"{target}/file")
    assert done.stdout == b"canary\n", done


def test_cve_2026_48785_unmasking_one_path_leaves_its_namesakes(run: Run) -> None:
    for option, gone, kept in (("/proc/key", "/proc/key", "/proc/keys"), ("/proc/sys", "/proc/sys", "/proc/fs")):
        mounts = run(f"--security-opt=unmask={option}", "busybox", "cat", "/proc/self/mountinfo").stdout.decode()
        paths = {line.split()[4] for line in mounts.splitlines()}
        assert gone not in paths
        assert kept in paths, paths

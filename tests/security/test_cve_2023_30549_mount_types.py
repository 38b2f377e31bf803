"""A file system whose bytes a user writes is never parsed by the kernel on our behalf."""

import pytest

from tests.security.conftest import Run


@pytest.mark.parametrize("kind", ["ext4", "squashfs", "fuse", "overlay", "nfs", "image", "proc", "devpts"])
def test_cve_2023_30549_only_bind_volume_and_tmpfs_can_be_asked(run: Run, kind: str) -> None:
    done = run("--mount", f"type={kind},source=/dev/null,target=/mnt", "busybox", "true")
    assert done.returncode == 125, done


def test_cve_2023_30549_what_is_mounted_inside(run: Run) -> None:
    kinds = set()
    for line in run("busybox", "cat", "/proc/self/mountinfo").stdout.decode().splitlines():
        fields = line.split()
        if fields[4] in ("/", "/proc", "/sys", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys/fs/cgroup"):
            kinds.add(fields[fields.index("-") + 1])
    assert kinds <= {"overlay", "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup2"}
    assert {"overlay", "proc"} <= kinds

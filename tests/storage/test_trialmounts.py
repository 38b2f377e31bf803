"""Which mounts a path reaches, from mountinfo texts of machines unlike each other."""

import os

import pytest
from hull.storage.trialmounts import is_at_or_below, is_below, parse, read

DESKTOP = rb"""22 28 0:20 / /sys rw,nosuid - sysfs sysfs rw
23 28 0:21 / /proc rw,nosuid - proc proc rw
24 28 0:5 / /dev rw,nosuid - devtmpfs udev rw
26 28 0:23 / /run rw,nosuid - tmpfs tmpfs rw
28 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
36 28 7:0 / /snap/core22/1612 ro,nodev - squashfs /dev/loop0 ro
40 28 259:1 / /boot/efi rw,relatime shared:99 - vfat /dev/nvme0n1p1 rw
41 23 0:50 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw
42 26 0:60 / /run/user/1000 rw - tmpfs tmpfs rw
43 42 0:61 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw
"""
ODD = b"""1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:30 / /mnt/a\\040b rw - tmpfs tmpfs rw
3 1 0:31 / /mnt/line\\012break rw - tmpfs t\\040x rw
4 1 0:32 / /mnt/back\\134slash rw shared:3 master:4 - tmpfs tmpfs rw
5 1 0:33 / /mnt/caf\xe9 rw - tmpfs tmpfs rw
6 1 8:1 /etc/hosts.real /etc/hosts rw - ext4 /dev/sda1 rw
"""


def paths(text: bytes) -> list[str]:
    return [mount.path for mount in parse(text)]


def test_a_desktop_s_mounts_come_in_order_with_their_file_systems() -> None:
    found = parse(DESKTOP)
    assert [mount.path for mount in found] == sorted(mount.path for mount in found)
    efi = next(mount for mount in found if mount.path == "/boot/efi")
    assert (efi.kind, efi.device, efi.source) == ("vfat", "259:1", "/dev/nvme0n1p1")
    assert "/run/user/1000/gvfs" in paths(DESKTOP)
    assert len(found) == 10


def test_escapes_are_undone_and_bytes_that_are_no_utf8_survive() -> None:
    found = paths(ODD)
    assert {"/mnt/a b", "/mnt/line\nbreak", "/mnt/back\\slash", "/etc/hosts"} <= set(found)
    assert os.fsencode(next(path for path in found if "caf" in path)) == b"/mnt/caf\xe9"


def test_the_last_of_several_mounts_on_one_place_counts() -> None:
    text = b"1 0 8:1 / / rw - ext4 a rw\n2 1 0:1 / /data rw - ext4 old rw\n3 2 0:2 / /data rw - nfs4 new:/x rw\n"
    assert [mount.kind for mount in parse(text) if mount.path == "/data"] == ["nfs4"]


def test_the_last_of_several_roots_counts_and_what_is_mounted_in_the_first_is_out_of_reach() -> None:
    text = b"""1 0 0:2 / / rw - rootfs rootfs rw
2 1 0:3 / /initrd-only rw - tmpfs t rw
3 1 8:1 / / rw - ext4 /dev/sda1 rw
4 3 0:9 / /proc rw - proc proc rw
"""
    assert [(mount.path, mount.kind) for mount in parse(text)] == [("/", "ext4"), ("/proc", "proc")]


def test_what_a_later_mount_covers_is_not_there() -> None:
    text = b"""1 0 8:1 / / rw - ext4 a rw
2 1 0:1 / /srv/deep/inner rw - tmpfs inner rw
3 1 0:2 / /srv rw - tmpfs cover rw
4 3 0:3 / /srv/deep rw - tmpfs seen rw
5 2 0:4 / /srv/deep/inner/more rw - tmpfs gone rw
"""
    assert paths(text) == ["/", "/srv", "/srv/deep"]


def test_a_root_that_is_its_own_parent_and_a_chroot_without_one() -> None:
    assert paths(b"1 1 8:1 / / rw - ext4 a rw\n2 1 0:1 / /proc rw - proc p rw\n") == ["/", "/proc"]
    assert paths(b"7 3 0:1 / /proc rw - proc p rw\n9 3 0:2 / /dev rw - devtmpfs d rw\n") == ["/dev", "/proc"]


@pytest.mark.parametrize("line", [b"", b"garbage", b"1 2 3", b"1 0 8:1 / / rw"])
def test_lines_that_say_nothing_are_passed_over(line: bytes) -> None:
    assert paths(line + b"\n1 0 8:1 / / rw - ext4 a rw\n") == ["/"]


def test_this_machine_s_own_are_read() -> None:
    assert "/" in [mount.path for mount in read()]


def test_below_is_by_names_not_by_letters() -> None:
    assert is_below("/a/b", "/a")
    assert is_below("/a", "/")
    assert not is_below("/ab", "/a")
    assert not is_below("/a", "/a")
    assert is_at_or_below("/a", "/a")

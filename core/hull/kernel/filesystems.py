"""Refuse a store where layers cannot live, spread them where they can.

Source of the numbers: linux/magic.h, linux/fs.h and the file systems' own headers.
"""

from hull.errors import HostError
from hull.kernel import syscalls

IDS = "a server there decides who owns a file"
UNIX = "it has no owners, links and extended attributes as Linux knows them"
UPPER = "overlay cannot put changes on it"
REFUSED = {
    0x6969: ("NFS", IDS),
    0x517B: ("SMB", IDS),
    0xFF534D42: ("CIFS", IDS),
    0xFE534D42: ("SMB", IDS),
    0x5346414F: ("AFS", IDS),
    0x6B414653: ("AFS", IDS),
    0x01021997: ("9p", IDS),
    0x0BD00BD0: ("Lustre", IDS),
    0x47504653: ("GPFS", IDS),
    0x00C36400: ("Ceph", IDS),
    0x19830326: ("BeeGFS", IDS),
    0x4D44: ("FAT", UNIX),
    0x2011BAB0: ("exFAT", UNIX),
    0x5346544E: ("NTFS", UNIX),
    0x7366746E: ("NTFS", UNIX),
    0x65735546: ("FUSE", UPPER),
    0xF15F: ("eCryptfs", UPPER),
}


def check_store(path: str) -> None:
    """Raise HostError where `path` is on a file system that cannot hold layers (B72); for a store's first use."""
    name, reason = REFUSED.get(syscalls.file_system(path.encode()), ("", ""))
    if name:
        raise HostError(
            f"cannot keep images and containers in {path}: it is on {name}, and {reason}",
            "set HULL_ROOT to a directory of your own on a local disk: export HULL_ROOT=/var/tmp/hull-$(id -u)",
        )


_GET_FLAGS, _SET_FLAGS, _TOP_DIRECTORY = 0x80086601, 0x40086602, 0x00020000


def spread(path: str) -> None:
    """Ask ext4 to begin each directory made in `path` in a block group of its own (chattr +T).

    Without a journal it gives no inode again for minutes and looks at each that it passes over: next to a tree of
    10,000 files just removed, making another takes six times as long. A file system that does not know the wish goes
    without.
    """
    import fcntl
    import os

    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        flags = int.from_bytes(fcntl.ioctl(fd, _GET_FLAGS, bytes(8))[:4], "little")
        if not flags & _TOP_DIRECTORY:
            fcntl.ioctl(fd, _SET_FLAGS, (flags | _TOP_DIRECTORY).to_bytes(8, "little"))
    except OSError:
        return
    finally:
        os.close(fd)

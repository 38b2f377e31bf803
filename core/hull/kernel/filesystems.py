"""Refuse a store where layers cannot live. Source of the numbers: linux/magic.h and the file systems' own headers."""

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

"""Root's own keep: every owner, capability and mode comes as it is in the try, and goes back with undo."""

import os
import pathlib
import secrets
import subprocess

import pytest
from hull.model import IdMap, Image, Spec, Trial
from hull.trials import keeping, undoing, walking
from hull.trials.keeping_choosing import Wanted

from tests.trials import keep_rig

pytestmark = [
    pytest.mark.real,
    pytest.mark.as_root,
    pytest.mark.needs("userns"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: its own files are kept"),
]
CAPABLE = bytes.fromhex("0100000200040000000000000000000000000000")  # cap_net_bind_service+ep, version 2


def outside(extents: tuple[IdMap, ...], inside: int) -> int:
    return next(one.outside + inside - one.inside for one in extents if one.inside <= inside < one.inside + one.length)


def test_owners_capabilities_and_modes(tmp_path: pathlib.Path) -> None:
    host = tmp_path / "host"
    host.mkdir()
    (host / "old").write_text("old")
    (host / "old").chmod(0o2755)
    os.chown(host / "old", 7, 8)
    os.utime(host / "old", ns=(keep_rig.OLD, keep_rig.OLD))
    made = keep_rig.engine(f"{tmp_path}/s")
    spec = Spec(image="host", name="t1", trial=Trial(profile=""))
    row = made.containers.add(secrets.token_hex(32), spec, Image("", "host", ()))
    upper = pathlib.Path(f"{made.paths.container(row.id)}/upper{host}")
    upper.mkdir(parents=True)
    identity = made.identity(spec.userns)
    for name, mode in (("capable", 0o755), ("old", 0o4711)):
        (upper / name).write_text(name * 2)
        os.chown(upper / name, outside(identity.uids, 33), outside(identity.gids, 34))
        (upper / name).chmod(mode)
    rooted = CAPABLE[:3] + b"\3" + CAPABLE[4:] + outside(identity.uids, 0).to_bytes(4, "little")
    os.setxattr(upper / "capable", "security.capability", rooted)
    before = keep_rig.snapshot(str(host))
    read = (host / "old").stat().st_atime_ns
    changes = walking.of_try(made, row, (str(host),))
    found = keeping.examine(made, row, Wanted(), changes)
    assert (found.conflicts, found.root) == ([], [])
    keeping.keep(made, row, found, Wanted())
    for name, mode in (("capable", 0o755), ("old", 0o4711)):
        one = (host / name).stat()
        assert (one.st_uid, one.st_gid, one.st_mode & 0o7777) == (33, 34, mode)
        assert (host / name).read_text() == name * 2
    assert os.getxattr(host / "capable", "security.capability") == CAPABLE
    undoing.undo(made)
    assert (host / "old").stat().st_atime_ns == read
    assert keep_rig.snapshot(str(host)) == before
    made.close()
    subprocess.run(["rm", "-rf", f"{tmp_path}/s"], check=True)

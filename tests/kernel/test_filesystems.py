"""A store on a file system that cannot hold it is refused at once (CASES B72)."""

import subprocess

import pytest
from hull.engine import Engine
from hull.errors import HostError
from hull.kernel import filesystems, syscalls
from hull.paths import Paths


@pytest.mark.parametrize(
    ("magic", "name"), [(0x6969, "NFS"), (0xFE534D42, "SMB"), (0x4D44, "FAT"), (0x65735546, "FUSE")]
)
def test_b72_it_is_refused_with_the_reason(monkeypatch, magic, name):
    monkeypatch.setattr(syscalls, "file_system", lambda path: magic)
    with pytest.raises(HostError, match=f"/home/me/store: it is on {name}") as caught:
        filesystems.check_store("/home/me/store")
    assert "HULL_ROOT" in caught.value.hint


def test_a_local_disk_is_taken(tmp_path):
    filesystems.check_store(str(tmp_path))


def test_b72_the_engine_asks_at_the_first_use_alone(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(syscalls, "file_system", lambda path: asked.append(path) or 0xEF53)
    places = Paths(f"{tmp_path}/d", f"{tmp_path}/r", f"{tmp_path}/c")
    engine = Engine(places)
    assert len(asked) == 1
    engine.db.close()
    Engine(places)
    assert len(asked) == 1


def flags(path):
    done = subprocess.run(["lsattr", "-d", path], capture_output=True, text=True, check=False)
    return done.stdout.split()[0] if done.returncode == 0 else pytest.skip("this file system has no flags")


def test_directories_are_spread_over_the_disk_where_it_can_be_asked(tmp_path):
    if syscalls.file_system(str(tmp_path).encode()) != 0xEF53:
        pytest.skip("needs ext4: only it spreads directories")
    before = flags(tmp_path)
    filesystems.spread(str(tmp_path))
    assert ("T" in before, "T" in flags(tmp_path)) == (False, True)
    filesystems.spread(str(tmp_path))
    assert flags(tmp_path).replace("T", "-") == before


def test_elsewhere_nothing_is_spread_and_nothing_fails(tmp_path):
    filesystems.spread("/proc")

"""A store on a file system that cannot hold it is refused at once (CASES B72)."""

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

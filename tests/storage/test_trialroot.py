"""The directories that hull makes where no overlay can show the machine's: as they are there, and anew each time."""

import os
import stat
from pathlib import Path

import pytest
from hull.storage import trialroot
from hull.storage.trialplan import Layout, chain
from hull.storage.trialupper import Stack


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """Give a directory of mode 555 with a directory, a link, a small file and a large one in it."""
    place = tmp_path / "closed"
    (place / "piece").mkdir(parents=True)
    (place / "link").symlink_to("small")
    (place / "small").write_text("text")
    (place / "large").write_text("much")
    place.chmod(0o555)
    return place


def test_a_directory_that_takes_no_names_is_made_each_time(closed: Path, tmp_path: Path) -> None:
    stack = Stack(str(tmp_path / "container"))
    os.mkdir(stack.directory)
    directories = ("/", *(path for path, _ in chain(str(closed))))
    words = (f"{closed}/piece",), directories, (f"{closed}/link",), (f"{closed}/small",), (f"{closed}/large",)
    for _ in range(2):
        found = trialroot.skeleton(stack, Layout(*words))
        top = Path(f"{stack.directory}/{trialroot.SKELETON}{closed}")
        assert found[0] == ("lower", f"{stack.directory}/{trialroot.SKELETON}")
        assert [op[:3] for op in found[1:]] == [("bind", f"{closed}/large", f"{closed}/large")]
        assert stat.S_IMODE(top.stat().st_mode) == 0o555
        assert sorted(os.listdir(top)) == ["large", "link", "piece", "small"]
        assert (os.readlink(top / "link"), (top / "small").read_text()) == ("small", "text")
        assert (top / "large").read_bytes() == b""


def test_what_is_gone_meanwhile_is_left_out(tmp_path: Path) -> None:
    stack = Stack(str(tmp_path))
    gone = str(tmp_path / "gone")
    directories = ("/", *(path for path, _ in chain(str(tmp_path))))
    trialroot.skeleton(stack, Layout((gone,), directories, (f"{tmp_path}/l",), (f"{tmp_path}/c",)))
    assert os.listdir(f"{stack.directory}/{trialroot.SKELETON}{tmp_path}") == ["gone"]

"""A machine's automounter: what it has mounted is shown inside, and nothing inside makes it mount more."""

import ctypes
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.launcher.conftest import Box
from tests.launcher.mirrored import Shell
from tests.waiting import readable

pytestmark = [
    pytest.mark.needs("root", "autofs", "fuse"),
]


class Automounter:
    """An automounter that answers nobody: whoever makes it mount something waits; `asked` is where they are told."""

    def __init__(self, box: Box, kind: str) -> None:
        self.place = f"{box.layer}/auto"
        os.mkdir(self.place)
        self.asked, self.pipe = os.pipe2(os.O_CLOEXEC | os.O_DIRECT)
        options = f"fd={self.pipe},pgrp={os.getpgrp()},minproto=5,maxproto=5,{kind}"
        mount = ctypes.CDLL(None, use_errno=True).mount
        assert mount(b"test", self.place.encode(), b"autofs", 0, options.encode()) == 0, os.strerror(ctypes.get_errno())

    def mount(self, name: str) -> None:
        """Mount something below its place, as it would if it was asked; "": on the place itself."""
        place = f"{self.place}/{name}"
        os.makedirs(place, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
        with open(f"{place}/file", "w") as file:
            file.write("told\n")

    def was_asked(self) -> bool:
        """Whether anybody waits for a mount."""
        return readable(self.asked, 0)

    def close(self) -> None:
        """Let those who wait go, and unmount."""
        os.close(self.asked)
        os.close(self.pipe)
        while subprocess.run(["mountpoint", "-q", self.place], check=False).returncode == 0:
            subprocess.run(["umount", "-R", "-l", self.place], check=True)


@pytest.fixture
def automounter(box: Box, request: pytest.FixtureRequest) -> Iterator[Automounter]:
    made = Automounter(box, request.param)
    yield made
    made.close()


@pytest.mark.parametrize("automounter", ["direct", "indirect"], indirect=True)
def test_to_look_at_its_place_asks_for_nothing(box: Box, automounter: Automounter) -> None:
    shell = Shell(box)
    assert "auto\n" in shell.ask("ls -l / > /dev/null; ls -lR /auto; ls -d /auto/*; cd /auto && ls; echo auto")
    assert "No such file" in shell.ask("cat /auto/leaked.example")
    assert not automounter.was_asked()


@pytest.mark.parametrize("automounter", ["indirect"], indirect=True)
def test_what_it_has_mounted_is_shown(box: Box, automounter: Automounter) -> None:
    automounter.mount("there")
    os.mkdir(f"{automounter.place}/later")
    shell = Shell(box)
    assert shell.ask("ls /auto; cat /auto/there/file; ls -A /auto/later") == "later\nthere\ntold\n"
    assert "No such file" in shell.ask("cat /auto/later/file")
    assert not automounter.was_asked()


@pytest.mark.parametrize("automounter", ["direct"], indirect=True)
def test_what_it_mounts_meanwhile_is_seen(box: Box, automounter: Automounter) -> None:
    shell = Shell(box)
    assert shell.ask("ls -A /auto") == ""
    automounter.mount("")
    assert shell.ask("cat /auto/file") == "told\n"
    assert not automounter.was_asked()

"""B60: a working directory through a link is followed inside the root, and made there if it is missing."""

import os

import pytest

from tests.cases.conftest import MakeImage
from tests.commandline import CommandLine


@pytest.mark.parametrize("how", ["flag", "image"])
def test_b60_a_link_is_followed_inside(cli: CommandLine, make_image: MakeImage, how: str) -> None:
    place = f"/var/b60-{os.getpid()}"
    image = make_image({"l": place}, *(["WORKDIR /l"] if how == "image" else []))
    flags = ("-w", "/l") if how == "flag" else ()
    done = cli("run", "--rm", "--network", "none", *flags, image, "sh", "-c", "pwd -P; touch made", check=True)
    assert done.stdout.decode() == f"{place}\n"
    assert not os.path.exists(place)


def test_b60_a_link_out_of_the_root_stays_inside(cli: CommandLine, make_image: MakeImage) -> None:
    image = make_image({"l": "../../../../srv/b60"})
    done = cli("run", "--rm", "--network", "none", "-w", "/l/deeper", image, "pwd", "-P", check=True)
    assert done.stdout == b"/srv/b60/deeper\n"
    assert not os.path.exists("/srv/b60")


def test_b60_a_missing_one_belongs_to_root(cli: CommandLine) -> None:
    show = "stat -c '%u:%g %a' ."
    done = cli("run", "--rm", "--network", "none", "-w", "/new/dir", "busybox", "sh", "-c", show, check=True)
    assert done.stdout == b"0:0 755\n"


def test_b60_a_file_in_the_way_is_125(cli: CommandLine) -> None:
    done = cli("run", "--rm", "--network", "none", "-w", "/bin/busybox/x", "busybox", "true")
    assert done.returncode == 125
    assert b"/bin/busybox/x" in done.stderr

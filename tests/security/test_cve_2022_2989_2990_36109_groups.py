"""Supplementary groups: the image's and those asked for, not the caller's; a denied group stays denied."""

import pytest

from tests.cases.conftest import MakeImage, Up
from tests.commandline import CommandLine
from tests.security.conftest import Run

GROUPS = {
    "etc/passwd": b"root:x:0:0::/root:/bin/sh\nguest:x:1000:1000::/:/bin/sh\n",
    "etc/group": b"root:x:0:\nguest:x:1000:\naudio:x:29:guest\nvideo:x:44:guest,root\nother:x:50:\n",
}

pytestmark = pytest.mark.needs("range")


@pytest.mark.parametrize(
    ("user", "extra", "expected"),
    [
        ("guest", (), "1000 29 44"),
        ("1000", (), "1000 29 44"),
        ("guest:other", (), "50"),
        ("root", (), "0 44"),
        ("4321", (), "0"),
        ("guest", ("--group-add=other", "--group-add=77"), "1000 29 44 50 77"),
    ],
)
def test_cve_2022_2989_groups_are_the_images(
    make_image: MakeImage, run: Run, user: str, extra: tuple[str, ...], expected: str
) -> None:
    done = run("-u", user, *extra, make_image(GROUPS), "id", "-G")
    assert sorted(done.stdout.split()) == sorted(expected.encode().split()), done


def test_cve_2022_2990_exec(make_image: MakeImage, cli: CommandLine, up: Up) -> None:
    up("cve-groups", "echo up; cat", image=make_image(GROUPS))
    assert sorted(cli("exec", "-u", "guest", "cve-groups", "id", "-G").stdout.split()) == [b"1000", b"29", b"44"]


def test_cve_2022_36109_a_group_that_is_denied_stays_denied(make_image: MakeImage, run: Run) -> None:
    script = "echo secret >/f; chgrp 29 /f; chmod 0604 /f; su guest -c 'cat /f'"
    done = run(make_image(GROUPS), "sh", "-c", script)
    assert b"secret" not in done.stdout
    done = run(make_image(GROUPS), "sh", "-c", script.replace("29", "50"))
    assert done.stdout == b"secret\n", "the test itself must be able to read"

"""B57: a number runs as it is, a name is looked up in the image alone, a number wins over a name of digits."""

import pytest

from tests.cases.conftest import MakeImage
from tests.commandline import CommandLine

PASSWD = (
    b"root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/sh\n1234:x:55:56::/:/bin/sh\nmary:x:70:71::/h:/bin/sh\n"
)
GROUP = b"root:x:0:\nstaff:x:50:mary\nguests:x:71:\naudio:x:29:mary,nobody\n"
IDENTITIES = [
    ("12345", "12345 0 0"),
    ("12345:50", "12345 50 50"),
    ("1234", "1234 0 0"),
    ("nobody", "65534 65533 65533 29"),
    ("mary", "70 71 71 50 29"),
    ("mary:audio", "70 29 29"),
    ("70", "70 71 71 50 29"),
    ("0", "0 0 0"),
]


@pytest.fixture
def people(make_image: MakeImage) -> str:
    return make_image({"etc/passwd": PASSWD, "etc/group": GROUP})


@pytest.mark.needs("range")
@pytest.mark.parametrize(("who", "told"), IDENTITIES)
def test_b57_who_it_becomes(cli: CommandLine, people: str, who: str, told: str) -> None:
    show = "echo $(id -u) $(id -g) $(id -G)"
    done = cli("run", "--rm", "--network", "none", "-u", who, people, "sh", "-c", show, check=True)
    uid, gid, *groups = done.stdout.decode().split()
    wanted = told.split()
    assert (uid, gid) == (wanted[0], wanted[1])
    assert sorted(groups) == sorted(wanted[2:])


@pytest.mark.needs("range")
@pytest.mark.parametrize("who", ["stranger", "mary:nogroup", "stranger:50"])
def test_b57_an_unknown_name_is_125(cli: CommandLine, people: str, who: str) -> None:
    done = cli("run", "--rm", "--network", "none", "-u", who, people, "true")
    assert done.returncode == 125
    assert done.stderr.startswith(b"hull: ")


@pytest.mark.needs("range")
def test_b57_a_number_outside_the_map_is_125(cli: CommandLine, people: str) -> None:
    done = cli("run", "--rm", "--network", "none", "-u", "4000000", people, "true")
    assert done.returncode == 125
    assert b"4000000" in done.stderr

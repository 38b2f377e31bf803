"""B58: HOME is what -e says, else the image, else passwd, else /; an empty one stays empty."""

import pytest

from tests.cases.conftest import MakeImage
from tests.commandline import CommandLine

CASES = [
    (("-e", "HOME=/asked"), ("ENV HOME=/image",), "/asked"),
    ((), ("ENV HOME=/image",), "/image"),
    ((), (), "/root"),
    (("-e", "HOME="), (), ""),
    (("-w", "/tmp"), (), "/root"),
]


@pytest.mark.parametrize(("flags", "changes", "home"), CASES)
def test_b58_home(
    cli: CommandLine, make_image: MakeImage, flags: tuple[str, ...], changes: tuple[str, ...], home: str
) -> None:
    image = make_image({}, *changes)
    done = cli("run", "--rm", "--network", "none", *flags, image, "sh", "-c", "echo HOME=$HOME", check=True)
    assert done.stdout.decode() == f"HOME={home}\n"


@pytest.mark.needs("range")
def test_b58_a_user_without_an_entry_is_at_home_in_the_root(cli: CommandLine, make_image: MakeImage) -> None:
    image = make_image()
    done = cli("run", "--rm", "--network", "none", "-u", "4321", image, "sh", "-c", "echo HOME=$HOME", check=True)
    assert done.stdout == b"HOME=/\n"

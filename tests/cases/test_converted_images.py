"""An image that is here runs under another id map without its registry: the same tree, owners aside."""

import pytest

from tests import imagebuild
from tests.commandline import CommandLine

SHOW = """
find / -xdev ! -path '/proc*' ! -path '/sys*' ! -path '/dev*' | sort |
    xargs stat -c '%n %a %F %s %Y %h' | grep -v '^/etc\\|^/ '
cat /data/kept /data/hard
"""


@pytest.mark.needs("range")
def test_a_range_image_runs_with_a_single_id_and_shows_the_same_tree(fresh_cli: CommandLine) -> None:
    """Whiteouts, opaque directories, hard and symbolic links, modes, times and names survive."""
    lower = imagebuild.layer(
        imagebuild.directory("data", 0o750, uid=7),
        imagebuild.member("data/gone", b"gone"),
        imagebuild.member("data/kept", b"kept"),
        imagebuild.directory("opaque"),
        imagebuild.member("opaque/old", b"old"),
    )
    upper = imagebuild.layer(
        imagebuild.member("data/.wh.gone"),
        imagebuild.member("opaque/.wh..wh..opq"),
        imagebuild.member("opaque/new", b"new"),
        imagebuild.member("data/suid", b"x", mode=0o4755, uid=33, gid=33),
        imagebuild.member("data/one", b"linked"),
        imagebuild.hardlink("data/hard", "data/one"),
        imagebuild.symlink("data/link", "../kept"),
        imagebuild.member(b"data/caf\xe9", b"bytes"),
        imagebuild.member("data/timed", b"t", pax={"mtime": b"1234567890.123456789"}),
    )
    made = imagebuild.image(imagebuild.busybox_layer(), lower, upper, run={"Cmd": ["sh"]})
    fresh_cli("load", input=imagebuild.docker_archive(made, "shapes:1"), check=True)
    shown = [
        fresh_cli(
            "run", "--rm", "--network", "none", "--userns", userns, "shapes:1", "sh", "-c", SHOW, check=True
        ).stdout
        for userns in ("auto", "single")
    ]
    assert shown[0].splitlines() == shown[1].splitlines()
    assert b"/opaque/new" in shown[0]
    assert b"/opaque/old" not in shown[0]
    assert b"/data/gone" not in shown[0]
    assert b"/data/suid 4755" in shown[0]
    assert b"caf\xe9" in shown[0]

"""What a try leaves that changed nothing: nothing. What changed a directory alone changed something."""

import os

import pytest

from tests.launcher.conftest import Box
from tests.launcher.mirrored import PATH, mirror

pytestmark = pytest.mark.needs("fuse", "program:python3")
ATTRIBUTE = """python3 -c 'import os; os.setxattr("/usr/share", "user.x", b"1")'"""
CHANGES = {
    "nothing": ("ls /usr; cat /etc/passwd", False),
    "the same mode": ("chmod 755 /usr/share", False),
    "another mode": ("chmod 700 /usr/share", True),
    "an attribute": (ATTRIBUTE, True),
    "a file": ("echo x > /usr/new", True),
    "a removal": ("rm /etc/passwd", True),
    "a directory": ("mkdir /usr/share/new", True),
    "a directory in another's place": ("rm -rf /usr/games && mkdir /usr/games", True),
}


def _is_kept(box: Box, script: str) -> bool:
    done = box.sh(script, root=mirror(box), extra=(PATH, ("remove-untouched", box.upper)))
    assert done.code == 0, done
    return os.path.exists(box.upper)


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_nothing_is_removed(box: Box, change: str) -> None:
    script, kept = CHANGES[change]
    assert _is_kept(box, script) is kept


def test_another_owner_is_a_change(ranged: Box) -> None:
    assert _is_kept(ranged, "chown 5:6 /usr/share")

"""The host's own files below a kernel overlay: what the container's root sees of them, and may do to its copy."""

import os

import pytest

from tests.launcher.conftest import Box, Op

pytestmark = pytest.mark.needs("fuse")
PATH = ("env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")


def mirror(box: Box, *hidden: str, top: str = "/", ids: str = "") -> tuple[Op, ...]:
    """Return the ops of a root that shows the host's `top`, whose changes go to the box's upper directory."""
    place = f"{box.base}/mirror"
    os.makedirs(place, exist_ok=True)
    ids = ids or ("single" if ("setgroups-deny",) in box.identity else "range")
    hides = [word for path in hidden for word in ("hide", path)]
    words = ("hull-mirror", "@FUSE", top, ids, str(os.geteuid()), str(os.getegid()), *hides)
    helper = (("helper", "mirror", "none"), *(("helper-arg", word) for word in words))
    return (*helper, ("root-overlay", box.upper, box.work), ("lower-fuse", place))


def test_files_of_the_hosts_root_change_in_the_copy_alone(box: Box) -> None:
    with open("/etc/passwd") as file:
        before = file.read()
    script = "id -u; echo x:y >> /etc/passwd && tail -n 1 /etc/passwd; mkdir /usr/new && rm -rf /usr/games; ls /usr"
    done = box.sh(script, root=mirror(box), extra=(PATH,))
    lines = done.out.splitlines()
    assert lines[:2] == ["0", "x:y"], done.err
    assert "new" in lines
    assert "games" not in lines
    with open("/etc/passwd") as file:
        assert file.read() == before
    assert not os.path.exists("/usr/new")
    assert os.path.isdir("/usr/games")


def test_what_is_hidden_is_neither_found_nor_listed(box: Box) -> None:
    script = "cat /etc/group; ls /etc | grep -x -e group -e group-; ls -d /etc/passwd"
    done = box.sh(script, root=mirror(box, "/etc/group", "/etc/passw", "/usr/share//"), extra=(PATH,))
    assert "No such file" in done.err
    assert "group\n" not in done.out
    assert done.out.endswith("/etc/passwd\n")

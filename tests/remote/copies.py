"""`cp` between the caller's side and a container of another engine."""

import pathlib
import subprocess
from collections.abc import Callable

from tests.commandline import Done

There = Callable[..., Done]


def each_way(there: There, name: str, place: pathlib.Path) -> None:
    """Copy by each of Docker's rules for what the target is."""
    (place / "d/sub").mkdir(parents=True)
    (place / "d/sub/f").write_text("text")
    (place / "d/link").symlink_to("sub/f")
    there("exec", name, "mkdir", "/tmp/d2", check=True)
    copied = (("d", "/new"), ("d", "/tmp"), ("d/.", "/tmp/d2"), ("d/sub/f", "/tmp/named"), ("d/sub/f", "/tmp"))
    for source, target in copied:
        there("cp", f"{place}/{source}", f"{name}:{target}", check=True)
    listed = there("exec", name, "sh", "-c", "cat /new/sub/f /tmp/d/link /tmp/d2/sub/f /tmp/named /tmp/f").stdout
    assert listed == b"text" * 5
    there("cp", f"{name}:/new/.", f"{place}/back", check=True)
    assert (place / "back/link").readlink() == pathlib.Path("sub/f")
    assert (place / "back/sub/f").read_text() == "text"
    tar = there("cp", f"{name}:/new", "-", check=True).stdout
    assert b"new/sub/f" in subprocess.run(["tar", "tf", "-"], input=tar, capture_output=True, check=True).stdout
    assert b"no such file" in there("cp", f"{name}:/nosuch", f"{place}/x").stderr

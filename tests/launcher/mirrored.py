"""A root that shows a directory of the host, and a shell in it that is asked line by line."""

import os
import subprocess

from tests.launcher.conftest import Box, Op
from tests.waiting import PATIENCE, readable

PATH = ("env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
END = b"\n@end\n"


def mirror(box: Box, top: str = "/") -> tuple[Op, ...]:
    """Return the ops of a root that shows the host's `top`, whose changes go to the box's upper directory."""
    place = f"{box.base}/mirror"
    os.makedirs(place, exist_ok=True)
    helper = (("helper", "mirror", "none"), *(("helper-arg", word) for word in ("hull-mirror", "@FUSE", top)))
    return (*helper, ("root-overlay", box.upper, box.work), ("lower-fuse", place))


class Shell:
    """A shell inside that goes on while the host changes: each line is answered with what it printed."""

    def __init__(self, box: Box, top: str = "") -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        plan = box.plan("sh", root=mirror(box, top or box.layer), extra=(PATH,))
        self.child = box.start(plan, **pipes)

    def ask(self, line: str) -> str:
        """Run a line and return both its streams."""
        assert self.child.stdin
        assert self.child.stdout
        self.child.stdin.write(f"{{ {line}\n}} 2>&1; echo; echo @end\n".encode(errors="surrogateescape"))
        self.child.stdin.flush()
        found = b""
        while not found.endswith(END):
            assert readable(self.child.stdout, PATIENCE), (line, found)
            piece = os.read(self.child.stdout.fileno(), 1 << 16)
            if not piece:
                raise AssertionError(self.child.communicate()[1])
            found += piece
        return found.removesuffix(END).decode(errors="surrogateescape")


def server(launcher: int) -> int:
    """Return the process id of the mirror below a launcher."""
    with open(f"/proc/{launcher}/task/{launcher}/children") as file:
        children = file.read().split()
    for child in children:
        with open(f"/proc/{child}/comm") as file:
            if file.read() == "hull-mirror\n":
                return int(child)
    raise AssertionError(children)

"""The confined child, `hull.trials.child`, as who asks it sees it."""

import sys
from collections.abc import Iterator
from contextlib import suppress

from hull.engine import Engine
from hull.errors import HostError
from hull.light import TYPE_CHECKING
from hull.trials import records
from hull.trials.walking import View
from hull.trials.walking_trees import Told

if TYPE_CHECKING:
    from subprocess import Popen
    from typing import Self


def walk(engine: Engine, flavour: str, view: View) -> Iterator[Told]:
    """Yield the changes that a child sees."""
    import json

    with Child(engine, flavour, "walk", view) as child:
        for line in child.out:
            yield from map(records.decode, json.loads(line))


class Child:
    """One child for one action; its failure is raised where the block ends, and it never outlives the block."""

    def __init__(self, engine: Engine, flavour: str, action: str, view: View) -> None:
        import json

        argv = [sys.executable, "-P", "-m", "hull.trials.child", action]
        self._process: Popen[bytes] = engine.confine(argv, flavour, stdin=-1, stdout=-1, stderr=-1)
        assert self._process.stdout is not None  # noqa: S101 (asked for above)
        self.out = self._process.stdout
        self._say(json.dumps(view._asdict()))

    def ask(self, layers: list[str], path: str, most: int) -> None:
        """Send one request."""
        import json

        self._say(json.dumps([layers, path, most]))

    def _say(self, line: str) -> None:
        """Send a line; a child that is gone has said why, which is read where its answer is missing."""
        assert self._process.stdin is not None  # noqa: S101 (asked for)
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()

    def take(self, size: int) -> bytes:
        """Return exactly `size` bytes of the answer."""
        data = self.out.read(size)
        if len(data) != size:
            self._finish()
            raise HostError("cannot read a try's files: the child that reads them ended early", "hull doctor")
        return data

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._process.kill()
        try:
            if kind is None:
                self._finish()
        finally:
            self._close()

    def _finish(self) -> None:
        """Let it end and raise what it says went wrong."""
        from hull.images import answers

        process = self._process
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.close()
        said = process.stderr.read() if process.stderr is not None else b""
        doing, cannot = "looking at a container's layers", "cannot look at the layers"
        answers.heard(said, process.wait(), doing, cannot, "hull doctor")

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()

"""A cell's values for what is no Python: one JSON file a value, in a directory that the container sees at /run/hull.

`in/NAME.json` is there before the cell begins; what it writes to `out/NAME.json` comes back. The container may do to
that directory what it likes: what is read is a plain file of its own, once, as data.
"""

import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from hull.abandoned import sweep
from hull.errors import HostError, HullError, UserError
from hull.values.inside.packing import name_of
from hull.values.jsontext import text_of
from hull.values.outcome import NoAnswer, check_names

TARGET = "/run/hull"
PREFIX = "cell-"
LONGEST = 1 << 30  # bytes of one file


class Files:
    """The values of one cell. In a `with`: its directory, made below `base`, is removed at the end by `remove`."""

    def __init__(
        self,
        place: str,
        values: Mapping[str, Any],
        out: Iterable[str],
        base: str,
        remove: Callable[[str], None],
    ) -> None:
        self._place, self._out, self._remove = place, list(out), remove
        check_names((*values, *self._out))
        texts = {name: self._text(name, value) for name, value in values.items()}
        sweep(base, remove, PREFIX)
        self.directory, self._lock = _make(base)
        try:
            os.mkdir(f"{self.directory}/out")
            os.chmod(f"{self.directory}/out", 0o1777)  # noqa: S103 (whoever it is in there; nobody else knows the name)
            for name, text in texts.items():
                with open(f"{self.directory}/in/{name}.json", "x", encoding="utf-8") as file:
                    file.write(text)
        except OSError as error:
            self.close()
            raise HostError(f"cannot write values for {place}: {error}", "free some room there") from None
        except BaseException:
            self.close()
            raise

    @property
    def volume(self) -> str:
        """Return the word of --volume that shows them."""
        return f"{self.directory}:{TARGET}"

    def collect(self, code: int | None) -> dict[str, Any]:
        """Return the values that came back from a cell that ended with this code; None is one that was stopped."""
        if code != 0:
            raise NoAnswer(self._place, 1 if code is None else code)
        directory = os.open(self.directory, os.O_PATH | os.O_DIRECTORY)
        try:
            return {name: self._read(directory, name) for name in self._out}
        finally:
            os.close(directory)

    def close(self) -> None:
        """Remove the directory."""
        self._remove(self.directory)
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, directory: int, name: str) -> Any:
        path = f"{TARGET}/out/{name}.json"
        try:
            text = _content(directory, name)
        except FileNotFoundError:
            raise UserError(
                f"cannot take {name} out of {self._place}: the cell did not write {path}", "nothing was assigned"
            ) from None
        except OSError as error:
            raise self._refused(name, error.strerror or str(error)) from None
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._refused(name, f"{path} is no JSON: {error}") from None

    def _refused(self, name: str, reason: str) -> HullError:
        return UserError(f"cannot take {name} out of {self._place}: {reason}", "nothing was assigned")

    def _text(self, name: str, value: Any) -> str:
        try:
            return text_of(value)
        except (TypeError, ValueError, RecursionError) as error:
            reason = "it is too deep" if isinstance(error, RecursionError) else str(error)
            raise UserError(
                f"cannot send {name} ({name_of(type(value))}) into {self._place} as JSON: {reason}",
                "send plain parts of it: numbers, text, lists, dicts with text for keys",
            ) from None


def _make(base: str) -> tuple[str, int]:
    """Return a new directory and its lock, which goes with this process: it has its name once it is locked."""
    name = os.urandom(8).hex()
    os.mkdir(f"{base}/new-{name}", 0o755)
    lock = os.open(f"{base}/new-{name}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.mkdir(f"{base}/new-{name}/in", 0o755)
    os.rename(f"{base}/new-{name}", f"{base}/{PREFIX}{name}")
    return f"{base}/{PREFIX}{name}", lock


def _content(directory: int, name: str) -> bytes:
    """Read a file that a stranger wrote: no link leads out, nothing but a plain file is read, none for ever."""
    out = os.open("out", os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
    try:
        fd = os.open(f"{name}.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=out)
    finally:
        os.close(out)
    with open(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(0, "it is no plain file")
        text = file.read(LONGEST + 1)
    if len(text) > LONGEST:
        raise OSError(0, f"it is longer than {LONGEST} bytes")
    return text

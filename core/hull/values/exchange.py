"""One cell's values: a letter to the Python in the container and its answer, each a sealed file without a name.

The container gets both files as descriptors, with its standard input, which is a socket. What it answers is looked at
once nobody can change it, and nothing in it is run: hull.values.inside.unpacking. Nothing has a path, so nothing is
left, however this ends.
"""

import fcntl
import os
import socket
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from hull.errors import HostError, HullError, UserError
from hull.values import boot
from hull.values.inside.cell import pack
from hull.values.inside.layout import Cannot, Damaged, Parcel, open_parcel
from hull.values.inside.packing import name_of
from hull.values.inside.unpacking import Unpacker
from hull.values.outcome import NoAnswer, check_names, printable

SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
BLOCK = 512  # bytes, what st_blocks counts


class Exchange:
    """The values of one cell. In a `with`: its descriptors are closed at the end.

    `place` is what people call the container; `values` go in, those named `out` come back. `trust` lets the container
    answer with a pickle.
    """

    def __init__(
        self, place: str, source: str, values: Mapping[str, Any], out: Iterable[str] = (), *, trust: bool = False
    ) -> None:
        self._place, self._values, self._out, self._trust = place, dict(values), list(out), trust
        check_names((*self._values, *self._out))
        self._open: list[int] = []
        try:
            self._letter = self._file("hull-in")
            self._answer = self._file("hull-out")
            self._pack({"source": source, "out": self._out, "trust": trust})
            self._program = self._file("hull-cell")
            os.write(self._program, boot.program().encode())
            os.lseek(self._program, 0, os.SEEK_SET)
            fcntl.fcntl(self._program, fcntl.F_ADD_SEALS, SEALS)
        except BaseException:
            self.close()
            raise

    BOOT = boot.BOOT  # the script that a Python for this cell alone is given

    @property
    def descriptors(self) -> tuple[int, int, int]:
        """The program that loads hull_inside, the letter, the file for the answer: for a Python that goes on."""
        return self._program, self._letter, self._answer

    def command(self, interpreter: Iterable[str] = ("python3",)) -> tuple[str, ...]:
        """Return the command of a Python for this cell alone; its standard input is `stdin`'s."""
        return (*interpreter, "-c", boot.BOOT)

    def stdin(self, stdin: int) -> socket.socket:
        """Return the standard input of that command; the cell finds `stdin` in its place. The caller closes it."""
        ours, theirs = socket.socketpair()
        with ours:
            socket.send_fds(ours, [b"."], [*self.descriptors, stdin])
        return theirs

    def collect(self, code: int | None) -> dict[str, Any]:
        """Return the values that came back from a cell that ended with this code, {} where none was asked.

        None is a cell that was stopped.
        """
        if code is None:
            raise UserError(f"cannot take values out of {self._place}: the cell was stopped", "nothing was assigned")
        parcel = self._opened(code)
        if parcel is None:
            return {}
        if parcel.about.get("status") != "ok":
            raise self._refused(parcel.about)
        if code:
            raise NoAnswer(self._place, code)
        try:
            values = Unpacker(parcel, self._trust).values()
        except Damaged as error:
            raise self._damaged(error) from None
        except ImportError as error:
            raise self._out_of(
                f"{error.name or error} is missing here", "install it, or bring a plain part of it"
            ) from error
        except Exception as error:
            raise self._out_of(f"{type(error).__name__}: {error}", "bring a plain part of it") from error
        if values.keys() != set(self._out):
            raise self._damaged(Damaged("other values than were asked"))
        return values

    def close(self) -> None:
        """Let go of the files."""
        while self._open:
            os.close(self._open.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def _file(self, name: str) -> int:
        fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self._open.append(fd)
        return fd

    def _pack(self, about: dict[str, Any]) -> None:
        try:
            pack(self._letter, about, self._values, pickles=True)
        except Cannot as error:
            raise UserError(
                f"cannot send {error.path} ({error.kind}) into {self._place}: {error.reason}", error.hint
            ) from None
        except OSError as error:
            raise HostError(
                f"cannot send {', '.join(self._values)} into {self._place}: {error.strerror}", "free some memory"
            ) from None
        fcntl.fcntl(self._letter, fcntl.F_ADD_SEALS, SEALS)

    def _opened(self, code: int) -> Parcel | None:
        """Return the answer; None where there is none and none was asked."""
        try:
            self._seal()
            return open_parcel(self._answer)
        except Damaged as error:
            if code or os.fstat(self._answer).st_size == 0:
                if not code and not self._out:
                    return None
                raise NoAnswer(self._place, code) from None
            raise self._damaged(error) from None

    def _seal(self) -> None:
        """Make the answer one that does not change; HullError if something in the container could still write."""
        try:
            fcntl.fcntl(self._answer, fcntl.F_ADD_SEALS, SEALS)
        except OSError:
            if fcntl.fcntl(self._answer, fcntl.F_GET_SEALS) & SEALS != SEALS:
                raise self._damaged(Damaged("a program there can still change it")) from None
        found = os.fstat(self._answer)
        if found.st_blocks * BLOCK < found.st_size:
            raise self._damaged(Damaged("it has holes"))

    def _refused(self, about: dict[str, Any]) -> HullError:
        """Return what the other side says about itself, its words taken for no more than words."""
        status, path, kind, reason, hint = (
            printable(about.get(key)) for key in ("status", "path", "kind", "reason", "hint")
        )
        if status == "unset":
            return UserError(
                f"cannot take {path} out of {self._place}: the cell did not assign it", "nothing was assigned"
            )
        if status == "cannot":
            return self._out_of(reason, hint, f"{path} ({kind})")
        if status == "lacking":
            return self._lacking(printable(about.get("module")), reason)
        if status == "unreadable":
            return UserError(
                f"cannot send {', '.join(self._values)} into {self._place}: {reason}", "send plain parts of it"
            )
        return self._damaged(Damaged("its answer is wrong"))

    def _lacking(self, module: str, reason: str) -> HullError:
        top = module.partition(".")[0]
        names = [name for name, value in self._values.items() if name_of(type(value)).partition(".")[0] == top]
        return UserError(
            f"cannot send {', '.join(names or self._values)} into {self._place}: {reason or module} there",
            f"pip install {top} in the image, or send a plain part: .tolist(), .to_dict('list'), vars(…)",
        )

    def _out_of(self, reason: str, hint: str, path: str = "") -> HullError:
        return UserError(f"cannot take {path or ', '.join(self._out)} out of {self._place}: {reason}", hint)

    def _damaged(self, error: Damaged) -> HullError:
        what = ", ".join(self._out) or "its answer"
        return HostError(f"cannot take {what} out of {self._place}: {error}", "nothing was assigned")

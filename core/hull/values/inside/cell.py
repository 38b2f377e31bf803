"""The cell in the container: take the values, run the text, give the others back.

A Python that stays between cells uses `take` and `give` around each of them; `main` is for one cell alone.
"""

import linecache
import os
import sys
import traceback
import types
from typing import Any

from hull.values.inside.layout import Cannot, Sink, open_parcel
from hull.values.inside.packing import Foreign, Packer
from hull.values.inside.pickles import blame, pickled
from hull.values.inside.unpacking import Unpacker

CELL = "<cell>"
TRUST = "give a plain part of it; --trust takes the whole as a pickle, which can run anything outside"


def pack(fd: int, about: "dict[str, Any]", values: "dict[str, Any]", pickles: bool) -> None:
    """Write values by their names into a file, all or none, and plain JSON about them.

    `pickles` lets what no node says travel as a pickle. Cannot names the value that is at fault.
    """
    packer = Packer(Sink(fd))
    try:
        root = {name: packer.ref(value, (name, None)) for name, value in values.items()}  # type: Any
        packer.drain()
    except Foreign as error:
        if not pickles:
            error.hint = error.hint or TRUST
            raise
        packer.restart()
        root = packer.append(_pickled(packer, values))
        packer.drain()
    packer.finish({"about": about, "values": root})


def _pickled(packer: Packer, values: "dict[str, Any]") -> Any:
    try:
        return pickled(packer, values)
    except Exception as error:
        raise _culprit(values, error) from None


def _culprit(values: "dict[str, Any]", error: Exception) -> Cannot:
    """Return the fault of the one value that fails alone."""
    fd = os.open(os.devnull, os.O_WRONLY)
    try:
        for name, value in values.items():
            try:
                pickled(Packer(Sink(fd)), value)
            except Exception as own:
                found = blame(value, own)
                found.path = name
                return found
    finally:
        os.close(fd)
    return blame(values, error)


def take(incoming: int, outgoing: int) -> Any:
    """Return what a parcel says about the cell and its values; None where one cannot be made: the answer says so."""
    try:
        parcel = open_parcel(incoming)
        return parcel.about, Unpacker(parcel, True).values()
    except ImportError as error:
        answer = {"status": "lacking", "module": error.name or "", "reason": str(error)}
    except Exception as error:
        answer = {"status": "unreadable", "reason": "{}: {}".format(type(error).__name__, error)}
    pack(outgoing, answer, {}, False)
    return None


def give(outgoing: int, names: "dict[str, Any]", wanted: "list[str]", trusted: bool) -> bool:
    """Answer with the values of these names, or with why not; return whether they are on their way."""
    unset = [name for name in wanted if name not in names]
    if unset:
        pack(outgoing, {"status": "unset", "path": unset[0]}, {}, False)
        return False
    try:
        pack(outgoing, {"status": "ok"}, {name: names[name] for name in wanted}, trusted)
    except Cannot as error:
        answer = {"path": error.path, "kind": error.kind, "reason": error.reason, "hint": error.hint}
        pack(outgoing, dict(answer, status="cannot"), {}, False)
        return False
    return True


def visit(descriptors: Any, names: "dict[str, Any]", run: Any) -> Any:
    """Carry out a cell in these names: its values taken, `run(source)` for its exit code, the others given.

    `descriptors` are the program's, the letter's and the answer's; they are closed. Return the exit code.
    """
    program, incoming, outgoing = descriptors
    pid = os.getpid()
    try:
        taken = take(incoming, outgoing)
        if taken is None:
            return 1
        about, values = taken
        names.update(values)
        code = run(about["source"])
        if code == 0 and os.getpid() == pid and about["out"]:
            return 0 if give(outgoing, names, about["out"], about["trust"]) else 1
        return code
    finally:
        for one in (program, incoming, outgoing):
            os.close(one)


def main(descriptors: Any) -> None:
    """Run one cell; leave with its exit code."""
    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    sys.exit(visit(descriptors, module.__dict__, lambda source: _run(source, module.__dict__)))


def _run(source: str, names: "dict[str, Any]") -> Any:
    linecache.cache[CELL] = (len(source), None, source.splitlines(True), CELL)
    try:
        exec(compile(source, CELL, "exec"), names)
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        return error.code
    except BaseException as error:
        trace = error.__traceback__
        traceback.print_exception(type(error), error, trace and trace.tb_next)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0

"""Containers that keep their state between cells: `%%hull -n work debian`, then `%%hull -n work`.

The container is one of run's, whose program waits for the end of its standard input: this kernel holds the other end,
so that whatever ends the kernel ends the container. Cells run in it by exec: in an interpreter that stays, where it is
a shell or a Python, else in one a cell.
"""

import sys
import time
from subprocess import PIPE

from hull.commands import _trees
from hull.errors import HostError, UserError
from hull.ipython import cells, interpreters
from hull.ipython.cells import Asked
from hull.ipython.named import CellsRow, Named
from hull.light import Any

LABEL = "hull.cells"  # of containers made by cells
TICK = 0.0005  # seconds between two looks at a file


class NamedCells:
    """The named containers of one shell or kernel."""

    def __init__(self) -> None:
        self._named: dict[str, Named] = {}

    def run(self, engine: Any, asked: Asked, text: str) -> int:
        """Carry out a cell in the container it names, made if it is not there; return the exit code."""
        return self._find(engine, asked).run(asked.interpreter, text)

    def carry(self, engine: Any, asked: Asked, text: str, names: dict[str, Any]) -> dict[str, Any]:
        """Carry out a cell with values of these names; return those that it gives back."""
        from hull.ipython import values

        found = self._find(engine, asked)
        interpreter = asked.interpreter or found.default
        with values.exchange(asked, interpreter, text, names) as carrier:
            return carrier.collect(found.run(interpreter, "", carrier.descriptors, said=text))

    def _find(self, engine: Any, asked: Asked) -> Named:
        """Return the container that a cell names, made if it is not there."""
        image = asked.words[0] if asked.words and not asked.words[0].startswith("-") else ""
        found = self._present(asked.name)
        if found is None:
            found = self._named[asked.name] = _make(engine, asked) if asked.words else _adopt(engine, asked.name)
        elif len(asked.words) > bool(image):
            raise UserError(
                f"cannot change {asked.name}: it runs already, and flags are for its first cell",
                f"%hull rm -f {asked.name} ends it; the next cell makes a new one",
            )
        elif image and image != found.image:
            raise UserError(
                f"cannot run a cell of {image} in {asked.name}: it is a container of {found.image}",
                f"leave out the image, choose another name, or end it: %hull rm -f {asked.name}",
            )
        return found

    def shown(self) -> Any:
        """Return a table of those that run."""
        from hull.faces.shown import face

        return face([found.row() for name in list(self._named) if (found := self._present(name))], CellsRow)

    def close(self) -> None:
        """End all of them."""
        while self._named:
            self._named.popitem()[1].close()

    def _present(self, name: str) -> Named | None:
        """Return a container that still runs; one that was ended by another hand is forgotten, its state with it."""
        found = self._named.get(name)
        if found is None:
            return None
        try:
            if found.up:
                return found
        except UserError:  # removed
            pass
        self._named.pop(name).close()
        sys.stderr.write(f"hull: {name} has ended since its last cell: what it held is gone\n")
        return None


def _adopt(engine: Any, name: str) -> Named:
    """Return a container that another hand has started; it is not this kernel's to end."""
    try:
        row = engine.containers.find(name)
    except UserError:
        raise UserError(f"no such container: {name}", f"%%hull -n {name} IMAGE makes it") from None
    return Named(engine, row, interpreters.of_container(engine, row.id))


def _make(engine: Any, asked: Asked) -> Named:
    """Start the container, and return once its program runs."""
    call = cells.call_of(asked)
    if call.flags.get("tty"):
        raise UserError(*cells.NO_TERMINAL)
    image = call.words[0]
    default = asked.interpreter or interpreters.of_image(engine, image, call.flags)
    program, *command = interpreters.waiting(default[0])
    labels = (*call.flags.get("label", ()), f"{LABEL}={asked.name}")
    flags = {"entrypoint": program, **call.flags, "name": asked.name, "label": labels, "interactive": True}
    flags |= {"detach": True} if asked.keep else {"rm": True}
    made = call._replace(words=(image, tuple(command)), flags=flags)(lambda: engine)
    if asked.keep:
        return Named(engine, engine.containers.find(made[0]), default)
    holder = _hold(engine, asked.name, made)
    row = engine.containers.find(made.container)
    while not engine.containers.status(row).up and holder.poll() is None:
        time.sleep(TICK)  # its program was quicker than its launcher, which writes that it runs
    return Named(engine, row, default, holder)


def _hold(engine: Any, name: str, launch: Any) -> Any:
    """Return the launcher's process once the program inside has said that it is there."""
    holder = engine.spawn(launch, **_trees.tied(stdin=PIPE))
    try:
        ready = holder.stdout.readline()
        said = "" if ready else holder.stderr.read().decode(errors="replace")
    except BaseException:
        _trees.end(holder)
        raise
    finally:
        holder.stdout.close()
        holder.stderr.close()
    if not ready:
        _trees.end(holder)
        raise _refused(name, said)
    return holder


def _refused(name: str, said: str) -> HostError:
    first, _, rest = said.strip().removeprefix("hull: ").partition("\n")
    return HostError(
        first or f"cannot start {name}: its program has ended at once",
        rest.strip().removeprefix("hint: ") or f"%%hull -n {name} IMAGE --interpreter PROGRAM names one that is there",
    )

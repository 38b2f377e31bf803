"""Let others collect and remove in the middle of acts: `python -m tests.trials.history_race_rig PLACE`.

What a collector finds in the middle is fixed by where it is let in, not by time. Runs as root of a user namespace with
a mount namespace of its own.
"""

import mmap
import sqlite3
import sys
import tempfile

from hull.engine import Engine
from hull.errors import UserError
from hull.storage import snapshots
from hull.trials import freezing, history, history_moves, history_states
from hull.trials.history_states import Came, States

from tests.trials.history_rig import Machine, Mounted

STEPS = 7  # more than make a stack deep


def another(machine):
    """Return another process's engine: it does not wait for a write that goes on."""
    engine = Engine(machine.engine.paths)
    engine._identities.update(machine.engine._identities)
    engine.db.connection.execute("PRAGMA busy_timeout=0")
    return engine


def a_layer_that_has_just_got_its_name_is_not_collected(machine):
    other, run, met = another(machine), freezing.run, []

    def entered(engine, flavour, action, *words):
        answer = run(engine, flavour, action, *words)
        if action == "enter":
            try:
                met.append(history_states.collect(other))
            except sqlite3.OperationalError as error:
                met.append(str(error))
        return answer

    freezing.run = entered
    try:
        row = machine.rows[0]
        for count in range(STEPS):
            machine.run(row, [([("write", f"live{count}", b"x")], True)])
        for count in range(STEPS):
            machine.run(row, [([("write", f"still{count}", b"x")], False)])
            machine.step("checkpoint")
    finally:
        freezing.run = run
        other.close()
    assert len(met) > STEPS, "no deep stack became one layer"
    machine.check()


def a_branch_of_what_is_removed_meanwhile_is_refused(machine):
    row, prepare = machine.rows[0], snapshots.prepare
    machine.run(row, [([("write", "a", b"x")], False)])
    machine.step("checkpoint")
    new, other = machine.begin({}), another(machine)

    def removing(paths):
        prepare(paths)
        other.containers.forget(row.id)
        history_states.collect(other)

    snapshots.prepare = removing
    try:
        history.share(machine.engine, row, 1, new)
    except UserError:
        return
    finally:
        snapshots.prepare = prepare
        other.close()
    raise AssertionError(history.own(machine.engine, new))


def what_a_mapping_stores_unseen_is_not_lost(machine):
    row, (frozen, upper) = machine.rows[0], machine.stack(machine.rows[0])
    with Mounted(machine.place, [frozen], upper, f"{machine.engine.paths.container(row.id)}/work") as point:
        with open(f"{point}/file", "w+b") as file:
            file.truncate(mmap.PAGESIZE)
            mapped = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        mapped[:3] = b"one"
        with machine.engine.containers.lock(row):
            assert States(machine.engine, row).checkpoint(Came("live"), running=True) == 1
        mapped[:3] = b"two"  # the page is writable: no fault, no other ctime
        mapped.close()
    history_moves.undo(machine.engine, row)
    assert "/file" not in machine.look(machine.stack(row))
    history_moves.redo(machine.engine, row)
    assert machine.look(machine.stack(row))["/file"][4].startswith(b"two")


CASES = (
    what_a_mapping_stores_unseen_is_not_lost,
    a_layer_that_has_just_got_its_name_is_not_collected,
    a_branch_of_what_is_removed_meanwhile_is_refused,
)


def main():
    history_states.DEEPEST = 4
    for case in CASES:
        with tempfile.TemporaryDirectory(dir=sys.argv[1], ignore_cleanup_errors=True) as place:
            machine = Machine(place, [])
            case(machine)
            machine.engine.close()


if __name__ == "__main__":
    main()

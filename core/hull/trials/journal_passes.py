"""One pass over a transaction: prepare, exchange, settle; or back."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from hull.errors import HostError
from hull.trials import journal, journal_copying, journal_metadata, journal_prints, journal_steps
from hull.trials.journal import APPLIED, PREPARED, PREPARING, REVERTING, SETTLED, Mark, Plan, Unit
from hull.trials.journal_places import Places, named, sync

Stage = Callable[[Plan, Places], None]


def run(plan: Plan, stage: Stage) -> Plan:
    """Carry out a pass that is written down as preparing; `stage` puts what comes beside what is there.

    Whatever goes wrong, the host is as it was when this raises.
    """
    places = Places()
    try:
        try:
            plan = _prepare(plan, places, stage)
        except OSError as error:
            revert(plan, places)
            raise told(error) from error
        except BaseException:
            revert(plan, places)
            raise
        return finish(plan, places)
    finally:
        places.close()


def bring(plan: Plan, places: Places) -> None:
    """Stage what the slots hold: undo, and redo."""
    for unit in plan.units:
        with named(unit.path):
            journal_steps.bring(plan, places, unit)


def _prepare(plan: Plan, places: Places, stage: Stage) -> Plan:
    unlock(plan, places)
    saved = []
    for unit in plan.units:
        with named(unit.path):
            saved.append(journal_steps.save(plan, places, unit))
    plan = plan._replace(units=tuple(saved))
    stage(plan, places)
    units = tuple(_staged(plan, places, unit) for unit in plan.units)
    _sync(plan, places)
    return plan.at(PREPARED, units=units)


def _staged(plan: Plan, places: Places, unit: Unit) -> Unit:
    """Return the unit with the marks of what is staged."""
    home = places.home(unit.path)
    found = home.status(plan.staged(unit))
    if found is None:
        return unit._replace(there=None, prints=())
    prints = tuple(journal_prints.below(home.fd, plan.staged(unit)))
    return unit._replace(
        there=Mark.of(os.stat(plan.staged(unit), dir_fd=home.fd, follow_symlinks=False)), prints=prints
    )


def finish(plan: Plan, places: Places) -> Plan:
    """Carry out a prepared pass to the end, or go back."""
    try:
        plan = _apply(plan, places)
    except OSError as error:
        revert(_reverting(plan), places)
        raise told(error) from error
    except BaseException:
        revert(_reverting(plan), places)
        raise
    try:
        return settle(plan, places)
    except OSError as error:
        raise HostError(
            f"changed all, but cannot put away what was there before: {error}",
            f"the next hull command tries again; what is saved is in {plan.directory}/slots",
        ) from error


def _apply(plan: Plan, places: Places) -> Plan:
    """Do all that the kernel may refuse, while there is a way back."""
    unlock(plan, places)
    for unit in plan.units:
        journal_steps.exchange(plan, places, unit)
    for place in journal_metadata.deepest_first(plan.places):
        if place.asked:
            journal_metadata.put(places, place, place.there)
    unlock(plan, places)
    _sync(plan, places)
    return plan.at(APPLIED)


def _reverting(plan: Plan) -> Plan:
    """Return the plan in that state. A disk too full to say so is no reason to stay between: recovery goes back, too.

    Of a plan that is still written down as prepared the staged entries are gone, or all is done again, or nothing.
    """
    try:
        return plan.at(REVERTING)
    except OSError:
        return plan._replace(head=plan.head._replace(state=REVERTING))


def settle(plan: Plan, places: Places) -> Plan:
    """Put away what went, set what is set in place, and record how the host is now."""
    for unit in plan.units:
        with suppress(FileNotFoundError, NotADirectoryError):  # whoever removed a directory removed what was in it
            journal_steps.put_away(plan, places, unit)
    for place in journal_metadata.deepest_first(plan.places):
        with suppress(FileNotFoundError):
            journal_metadata.put(places, place, place.there)
    touched = {(place.device, place.inode) for place in plan.places if place.asked}  # a new directory may name one, too
    units = tuple(_settled(places, unit, touched) for unit in plan.units)
    swapped = tuple(place._replace(here=place.there, there=place.here) for place in plan.places)
    _sync(plan, places)
    head = plan.head
    done = plan._replace(head=head._replace(kept=not head.kept, passes=head.passes + 1, turned=time.time()))
    done = done.at(SETTLED, units=units, places=swapped)
    journal.close(done)
    return done


def _settled(places: Places, unit: Unit, touched: set[tuple[int, int]]) -> Unit:
    try:
        home = places.home(unit.path)
        found = home.status()
        if any(mark.file in touched for _, mark in unit.prints):
            unit = unit._replace(prints=tuple(journal_prints.below(home.fd, home.name)))
    except OSError:
        found = None
    return unit._replace(here=None if found is None else Mark.of(found), there=unit.here)


def revert(plan: Plan, places: Places) -> None:
    """Undo what the pass has done so far; a transaction that never settled is gone then."""
    left: list[str] = []
    with suppress(OSError):
        unlock(plan, places)
    for unit in reversed(plan.units):
        try:
            if plan.head.state != PREPARING:
                journal_steps.withdraw(plan, places, unit)
            journal_steps.unstage(plan, places, unit, back=plan.head.passes > 0)
        except OSError as error:
            left.append(f"{unit.path}: {error.strerror}")
    for place in journal_metadata.deepest_first(plan.places):
        with suppress(FileNotFoundError):
            journal_metadata.put(places, place, place.here)
    if left:
        raise HostError(f"cannot go back: {'; '.join(left)}", f"what is saved is in {plan.directory}/slots")
    if plan.head.passes:
        journal.close(plan.at(SETTLED))
    else:
        journal.close(plan)
        discard(plan.directory)


def discard(directory: str) -> None:
    """Remove a transaction with all it saved."""
    with suppress(FileNotFoundError):
        os.unlink(f"{directory}/plan")
    fd = os.open(os.path.dirname(directory), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        journal_copying.remove(fd, os.path.basename(directory).encode())
    finally:
        os.close(fd)


def unlock(plan: Plan, places: Places) -> None:
    """Let the owner name things in directories whose mode forbids it, until the pass gives them their mode."""
    for place in plan.places:
        with suppress(FileNotFoundError):
            journal_metadata.unlock(places, place)


def _sync(plan: Plan, places: Places) -> None:
    """Make everything durable: once for each file system, by any directory there that its mode lets the caller open."""
    done = set[int]()
    closed = set[int]()
    for fd in _directories(plan, places):
        if (device := os.fstat(fd).st_dev) not in done:
            try:
                sync(fd)
                done.add(device)
            except PermissionError:
                closed.add(device)
    if closed - done:
        os.sync()


def _directories(plan: Plan, places: Places) -> Iterator[int]:
    """Yield a descriptor of each directory that holds an entry, then of where what is saved lies."""
    for unit in plan.units:
        try:
            yield places.home(unit.path).fd
        except (FileNotFoundError, NotADirectoryError):
            continue
    yield places.directory(os.fsencode(f"{plan.directory}/slots"))


def told(error: OSError) -> HostError:
    """Return what to say of a failure that changed nothing."""
    where = f" {os.fsdecode(error.filename)!r}" if error.filename else ""
    return HostError(
        f"cannot change{where}: {error.strerror}; nothing was changed",
        "see hull keep --help, and the space that is left",
    )

"""Take up a pass that was cut off: roll back what had changed nothing yet, finish the rest."""

import os
import shutil

from hull import log
from hull.errors import HullError
from hull.trials import journal, journal_reading
from hull.trials.journal import APPLIED, PREPARED, SETTLED, Plan
from hull.trials.journal_passes import finish, revert, settle, unlock
from hull.trials.journal_places import Places


def recover(data: str, events: log.Events) -> None:
    """Take up what another process left: roll back before prepared, finish after it, and say so.

    What stands in the way is a warning: verbs that have nothing to do with it go on.
    """
    try:
        with journal.held(data, wait=False) as alone:
            if alone:
                take_up(data, events)
    except (OSError, HullError) as error:
        ident = journal.unfinished(data)
        left = f"what is saved is in {journal.home(data)}/{ident}" if ident else "it is rolled back"
        events(log.Event("warning", "keep", f"cannot finish what was cut off: {error}; {left}"))


def take_up(data: str, events: log.Events) -> None:
    """Do so with the lock held."""
    ident = journal.unfinished(data)
    directory = f"{journal.home(data)}/{ident}"
    if ident and not os.path.exists(f"{directory}/plan"):
        os.unlink(f"{journal.home(data)}/{journal.UNFINISHED}")
        shutil.rmtree(directory, ignore_errors=True)
    elif ident:
        events(log.Event("note", ident, f"{ident}: {_take_up(journal_reading.read(data, ident))}"))


def _take_up(plan: Plan) -> str:
    what = "a keep" if plan.head.passes == 0 else "an undo" if plan.head.kept else "a redo"
    places = Places()
    try:
        if plan.head.state == PREPARED:
            finish(plan, places)
        elif plan.head.state == APPLIED:
            unlock(plan, places)
            settle(plan, places)
        elif plan.head.state == SETTLED:
            journal.close(plan)
        else:
            revert(plan, places)
            return f"{what} was cut off before anything was changed: rolled back"
    finally:
        places.close()
    return f"{what} was cut off: finished it"

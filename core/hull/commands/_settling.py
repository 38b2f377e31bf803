"""`python -m hull.commands._settling DATA RUNTIME CONFIG`: sync a store and take digests, last of all processes."""

import os
import sys
from contextlib import suppress

from hull.engine import Engine
from hull.errors import HullError
from hull.paths import Paths


def main(words: list[str]) -> None:
    """Settle the store, unless it has gone."""
    from hull.images import settling

    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # its input and output are of class idle by that
    places = Paths(*words)
    if not os.path.exists(places.database):
        return
    engine = Engine(places)
    with suppress(HullError, OSError):  # what stays marked is settled after the next pull, or proved in another boot
        settling.settle(engine.paths, engine.images.rows, engine.confine)
    engine.close()


if __name__ == "__main__":
    main(sys.argv[1:])

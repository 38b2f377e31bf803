"""Hold a running container still while its files are copied, where that is seen by nobody in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hull.engine import Engine
from hull.state.containers import Container
from hull.state.snapshots import COPIED, LIVE


@contextmanager
def held(engine: Engine, row: Container) -> Iterator[str]:
    """Hold the container's processes where its control group can; give how the checkpoint is made.

    Signals, the other way to hold them, would be seen by whoever waits for them: they are not used.
    """
    from hull.runtime import freeze, membership

    status = engine.containers.status(row)
    group = membership.own_group(status.init.pid, row.id) if status.init.pid else ""
    if status.state == "paused":
        yield COPIED
    elif not group or not os.path.exists(f"{group}/cgroup.freeze"):
        yield LIVE
    else:
        before = freeze.hold(status.init.pid, group)
        try:
            yield COPIED
        finally:
            freeze.release(status.init.pid, group, before.already)

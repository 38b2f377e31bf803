"""Containers as Python values: `hull.run("debian", ["sleep", "9"], detach=True)` is a Container.

A Container's methods are the verbs that take a container, with their flags and help; what a verb prints is what its
method returns. Exceptions are those of hull.errors. hull.aio has the same names as coroutines.
"""

from hull.objects.cells import cell
from hull.objects.containers import Container, container, create, run
from hull.objects.images import Image, image, pull
from hull.objects.inhabited import inside
from hull.objects.store import events, prune, ps, stats
from hull.objects.tries import Try, trial
from hull.objects.values import Network, Volume

__all__ = [
    "Container",
    "Image",
    "Network",
    "Try",
    "Volume",
    "cell",
    "container",
    "create",
    "events",
    "image",
    "inside",
    "prune",
    "ps",
    "pull",
    "run",
    "stats",
    "trial",
]

"""A notebook's cell in a container that keeps its state, beside one more program in podman's."""

import contextlib
import os
from collections.abc import Iterator

from bench import pair, workers
from bench.measure import Figure, Side, Skipped, compare, process
from bench.place import IMAGE, Place, version

RUNS = int(os.environ.get("BENCH_RUNS", "50"))
NAME = "bench-cells"


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield every figure about named cells."""
    ours, theirs = pair.tools(place)
    with contextlib.ExitStack() as stack:
        try:
            theirs.run("import", "-q", place.archive, IMAGE)
            theirs.run("run", "-d", "--name", NAME, "--cgroups=disabled", "--network", "none", IMAGE, "sleep", "3600")
            stack.callback(theirs.run, "rm", "-f", "-t", "0", NAME)
        except (OSError, RuntimeError) as error:
            yield Skipped("%%hull -n NAME", f"podman does not run here: {error}")
            return
        peer = [*theirs.words, "exec", NAME, "true"]
        entering = Side("podman exec NAME true", version("podman"), lambda: process(peer, theirs.env))
        shell = stack.enter_context(workers.ipython(ours.env))
        for title, word, bound in (
            ("%%hull -n NAME, a cell of a shell", "cell", 0.2),
            ("%%hull -n NAME --interpreter …, one program a cell", "once", 0.2),
            ("%hull exec NAME true, typed in IPython", "exec", None),
        ):
            side = Side(title.split(",")[0], version("ipython"), lambda word=word: shell.ask(word))
            yield compare(title, side, entering, RUNS, **({"bound": bound} if bound else {}))

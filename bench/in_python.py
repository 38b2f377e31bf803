"""A warm Python: the engine, the kept user namespace, spawn and wait, all in this process."""

import importlib
import os
import subprocess
import sys
import time

from hull.runtime.warm import Warm

from bench.workers import Serving

NETWORKS = {"hull": "none", "hull default": "default"}


def settle(warm: Warm) -> None:
    """Wait until what a shell makes in the pause between two commands is made."""
    deadline = time.monotonic() + 10
    while not warm.is_ready() and time.monotonic() < deadline:
        time.sleep(0.01)


def main(gibibytes: int) -> None:
    ballast = b"\1" * (gibibytes << 30)
    from hull.commands.run import run
    from hull.engine import Engine

    begin = importlib.import_module("hull.commands.try").try_
    engine = Engine()
    engine.keep()
    bwrap = os.environ["BENCH_BWRAP"].split()
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    serving = Serving()
    for count, word in enumerate(serving):
        if engine.warm is not None:
            settle(engine.warm)
        begun = time.perf_counter()
        if word == "hull try":
            status = engine.spawn(begin(engine, ("true",), name=f"bench-{count}"), **streams).wait()
        elif word in NETWORKS:
            launch = run(engine, "busybox", ("true",), network=(NETWORKS[word],), rm=True)
            status = engine.spawn(launch, **streams).wait()
        else:
            status = subprocess.Popen(bwrap, **streams).wait()
        elapsed = time.perf_counter() - begun
        if status:
            sys.exit(f"{word}: exit {status}")
        serving.answer(elapsed)
    engine.close()
    del ballast


if __name__ == "__main__":
    main(int(sys.argv[1]))

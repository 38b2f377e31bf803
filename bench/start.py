"""Start of `true` in a warm busybox image."""

import contextlib
import os
from collections.abc import Iterator

from hull.engine import Engine
from hull.model import Image
from hull.runtime import launch as launching
from hull.runtime.launch import PLAN_FD, Launch
from hull.runtime.session import Session

from bench import workers
from bench.measure import Figure, Side, Skipped, compare, process
from bench.place import IMAGE, TRUE, Place, bwrap, program, version

RUNS = int(os.environ.get("BENCH_RUNS", "50"))


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield every figure about starting."""
    yield from _launcher(place)
    yield from _commands(place)
    yield from _warm(place)
    yield _ballast(place)


def _launcher(place: Place) -> Iterator[Figure | Skipped]:
    plain = Side("bwrap --unshare-all, bind root", version("bwrap"), lambda: process(bwrap(place)))
    with _prepared(place, "single", kept=False) as ours:
        yield compare("launcher, prepared plan, one id", ours, plain, RUNS, bound=1.0)
    identity = _engine(place).identity()
    if identity.flavour != "range" or not identity.helpers:
        yield Skipped("launcher, kept user namespace", "needs an ordinary user with subordinate ids")
        return
    with contextlib.closing(Session.open(identity)) as kept:
        os.set_inheritable(kept.fd, True)
        split = [f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup")]
        argv = bwrap(place, "--userns", str(kept.fd), *split)
        mapped = Side("bwrap --userns of 65,536 ids", version("bwrap"), lambda: process(argv))
        with _prepared(place, "auto", kept=True) as ours:
            note = "both enter a namespace that is mapped already; ours nests one of its own in it"
            yield compare("launcher, kept user namespace", ours, mapped, RUNS, bound=1.1, note=note)


def _commands(place: Place) -> Iterator[Figure | Skipped]:
    hull = {"env": place.hull.env()}
    none = place.hull.argv("run", "--rm", *TRUE)
    cold = Side("hull run --rm --network none", "", lambda: process(none, **hull))
    podman = place.podman("run", "--rm", "--cgroups=disabled", *TRUE)
    try:
        process(place.podman("import", "-q", place.archive, IMAGE))
        process(podman)
    except (OSError, RuntimeError) as error:
        yield Skipped("hull run, cold command line", f"podman does not run here: {error}")
    else:
        peer = Side("podman run --rm --network none", version("podman"), lambda: process(podman))
        yield compare("hull run, cold command line", cold, peer, RUNS, bound=0.4)
    if not program("slirp4netns"):
        yield Skipped("hull run with a slirp4netns network", "slirp4netns is not installed")
        return
    slirp = place.hull.argv("run", "--rm", "--network", "slirp4netns", IMAGE, "true")
    linked = Side("hull run --network slirp4netns", version("slirp4netns"), lambda: process(slirp, **hull))
    yield compare("hull run with a slirp4netns network", linked, cold, RUNS, bound=2.0)


def _warm(place: Place) -> Iterator[Figure]:
    env = {**place.hull.env(), "BENCH_BWRAP": " ".join(bwrap(place))}
    plain = Side("bwrap --unshare-all", version("bwrap"), lambda: process(bwrap(place)))
    with workers.python(env) as warm:
        ours = Side("engine, session, spawn, wait", "", lambda: warm.ask("hull"))
        yield compare("inside a warm Python", ours, plain, RUNS, bound=3.0)
    for name, start in (("xonsh", workers.xonsh), ("IPython", workers.ipython)):
        with start(env) as shell:
            ours = Side(f"hull run, typed in {name}", version(name.lower()), lambda: shell.ask("hull"))
            yield compare(f"inside a warm {name}", ours, plain, RUNS, bound=3.0)
            same = Side(f"bwrap, typed in {name}", version("bwrap"), lambda: shell.ask("bwrap"))
            yield compare(f"inside a warm {name}, both", ours, same, RUNS)
            if name == "xonsh":
                ours = Side("!(hull run …)", version(name), lambda: shell.ask("hull captured"))
                same = Side("!(bwrap …)", version("bwrap"), lambda: shell.ask("bwrap captured"))
                yield compare("inside a warm xonsh, both captured", ours, same, RUNS)


def _ballast(place: Place, gibibytes: int = 6) -> Figure | Skipped:
    title = f"start with {gibibytes} GiB in the calling Python"
    with open("/proc/meminfo") as lines:
        free = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    if free < (gibibytes + 1) << 20:
        return Skipped(title, f"only {free >> 20} GiB of memory are available")
    env = {**place.hull.env(), "BENCH_BWRAP": " ".join(bwrap(place))}
    with workers.python(env, gibibytes) as large, workers.python(env) as small:
        ours = Side(f"{gibibytes} GiB", "", lambda: large.ask("hull"))
        peer = Side("empty", "", lambda: small.ask("hull"))
        return compare(title, ours, peer, RUNS, bound=1.1, least=0.9)


def _engine(place: Place) -> Engine:
    os.environ["HULL_ROOT"] = place.hull.root
    return Engine()


class _Tree:
    """A store of one image whose only layer is a directory: its files are the caller's own under any map."""

    def __init__(self, tree: str) -> None:
        self._image = Image("", IMAGE, (tree,), command=("true",))

    def resolve(self, *_: object) -> Image:
        return self._image


@contextlib.contextmanager
def _prepared(place: Place, userns: str, *, kept: bool) -> Iterator[Side]:
    """Give the launcher alone: one plan, made once, run again and again over the same upper directory."""
    from hull.commands.run import run

    with contextlib.closing(_engine(place)) as engine:
        if kept:
            engine.keep()
        vars(engine)["images"] = _Tree(place.tree)
        launch = run(engine, IMAGE, ("true",), network=("none",), userns=userns)
        if not isinstance(launch, Launch):
            raise TypeError(f"run returned {launch!r}")
        plan = launching.memfd(launch.plan)
        for fd in (plan, *launch.fds):
            os.set_inheritable(fd, True)
        env = {**os.environ, PLAN_FD: str(plan)}
        argv = [launching.program(), *launch.words[1:]]
        yield Side("hull-launch, overlay root", "", lambda: process(argv, env))
        os.close(plan)
        place.hull("rm", launch.container, check=True)

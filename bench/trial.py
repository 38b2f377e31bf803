"""A try beside its peers: its start, work on many files inside, keeping what it made, a checkpoint of a container."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial

from bench import workers
from bench.measure import Figure, Side, Skipped, compare, process
from bench.place import IMAGE, Place, program, version

RUNS = int(os.environ.get("BENCH_RUNS", "50"))
FEW = int(os.environ.get("BENCH_TRIALS", "7"))
PEER = os.environ.get("HULL_TRY_SUITE", "")  # a checkout of binpash/try
FILES, KEPT = 50_000, 10_000
ROOTS = "/usr/share"  # files of somebody else's, outside of every home
# In a try or outside of it: the seconds of one git status, then another one.
STATUS = """
import subprocess, sys, time
for _ in range(2):
    begun = time.perf_counter()
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
    print(time.perf_counter() - begun, flush=True)
"""
MAKE = """
import os, sys
for number in range(int(sys.argv[2])):
    place = f"{sys.argv[1]}/{number // 500}"
    os.makedirs(place, exist_ok=True)
    with open(f"{place}/{number}", "w") as file:
        file.write(f"{number}\\n" * 40)
"""


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield every figure about tries."""
    yield from _starts(place)
    yield from _statuses(place)
    yield _keep(place)
    yield from _checkpoints(place)


def _starts(place: Place) -> Iterator[Figure | Skipped]:
    ours = Side("hull try true", "", lambda: _once(place, "true"))
    path = f"{PEER}/try"
    if not PEER or not os.access(path, os.X_OK):
        yield Skipped("start of a try", "needs HULL_TRY_SUITE: a checkout of binpash/try")
    else:
        yield compare(
            "start of a try", ours, Side("try -n true", "binpash/try", lambda: _theirs(path)), RUNS, bound=1.0
        )
    words = [program("bwrap"), "--dev-bind", "/", "/", "--unshare-all", "true"]
    plain = Side("bwrap --dev-bind / / --unshare-all", version("bwrap"), lambda: process(words))
    yield compare("start of a try, cold command line", ours, plain, RUNS, bound=10.0)
    with workers.python({**place.hull.env(), "BENCH_BWRAP": " ".join(words)}) as warm:
        side = Side("engine, session, spawn, wait", "", lambda: warm.ask("hull try"))
        yield compare("start of a try, inside a warm Python", side, plain, RUNS, bound=10.0)


def _once(place: Place, *words: str) -> float:
    """Return the seconds of one try that nobody named and in which nothing is changed: it leaves nothing."""
    return process(place.hull.argv("try", *words), place.hull.env())


def _theirs(path: str) -> float:
    with tempfile.TemporaryDirectory() as base:
        elapsed = process([path, "-n", "true"], {**os.environ, "TMPDIR": base})
        subprocess.run(["chmod", "-R", "u+rwx", base], check=True)
    return elapsed


def _statuses(place: Place) -> Iterator[Figure | Skipped]:
    if not program("git"):
        yield Skipped("git status inside a try", "git is not installed")
        return
    own, git = os.path.join(place.base, "many"), os.path.join(place.base, "git")
    subprocess.run([sys.executable, "-c", MAKE, own, str(FILES)], check=True)
    for title, tree, engine, bound in (
        ("of one's own files", own, "kernel", 1.2),
        ("of one's own files", own, "fuse", 1.2),
        ("of another user's files", ROOTS, "fuse", 3.0),
    ):
        words = [program("git"), f"--git-dir={git}", f"--work-tree={tree}", "-c", "safe.directory=*"]
        _repository(git, tree, words)
        status = [sys.executable, "-c", STATUS, *words, "status", "--porcelain", "--untracked-files=all"]
        inside = place.hull.argv("try", "--engine", engine, "--name", "bench", *status)
        for at, turn in enumerate(("first", "second")):
            ours = Side(f"in a try, engine {engine}", "", partial(_status, place, inside, at))
            outside = Side("outside", "", partial(_status, place, status, at))
            yield compare(f"{turn} git status {title}", ours, outside, FEW, bound=bound, note=f"{FILES} files")
        shutil.rmtree(git)


def _status(place: Place, argv: list[str], turn: int) -> float:
    done = subprocess.run(argv, env=place.hull.env(), stdout=subprocess.PIPE, text=True, check=True)
    place.hull("drop", "bench")
    return float(done.stdout.split()[turn])


def _repository(git: str, tree: str, words: list[str]) -> None:
    """Index files of a tree without copying one of them."""

    def run(*more: str, **options: object) -> str:
        done = subprocess.run([*words, *more], stdout=subprocess.PIPE, text=True, check=True, cwd=tree, **options)  # type: ignore[call-overload]
        return str(done.stdout)

    subprocess.run([program("git"), "init", "-q", "--bare", git], check=True)
    run("config", "core.bare", "false")
    run("config", "core.untrackedCache", "false")
    names = sorted(_names(tree))[:FILES]
    run("update-index", "--add", "--info-only", "-z", "--stdin", input="".join(f"{name}\0" for name in names))
    person = [word for key in ("name", "email") for word in ("-c", f"user.{key}=bench")]
    made = run("write-tree", "--missing-ok").strip()
    run("update-ref", "HEAD", run(*person, "commit-tree", "-m", "all", made).strip())


def _names(tree: str) -> Iterator[str]:
    for directory, _, files in os.walk(tree):
        for name in files:
            path = f"{directory}/{name}"
            if os.path.islink(path) or os.access(path, os.R_OK):
                yield os.path.relpath(path, tree)


def _keep(place: Place) -> Figure | Skipped:
    if not program("rsync"):
        return Skipped("keep", "rsync is not installed")
    source, target = f"{place.base}/source", f"{place.base}/target"
    subprocess.run([sys.executable, "-c", MAKE, source, str(KEPT)], check=True)

    def ours() -> float:
        shutil.rmtree(target, ignore_errors=True)
        os.mkdir(target)
        place.hull("try", "--name", "bench", sys.executable, "-c", MAKE, target, str(KEPT), check=True)
        os.sync()  # what came before is not the keep's to write
        elapsed = process(place.hull.argv("keep", "--in", "bench"), place.hull.env())
        place.hull("drop", "bench")
        return elapsed

    def theirs() -> float:
        shutil.rmtree(target, ignore_errors=True)
        os.mkdir(target)
        os.sync()
        return process([program("rsync"), "-a", f"{source}/", f"{target}/"])

    peer = Side("rsync -a", version("rsync"), theirs)
    note = f"{KEPT} new files; ours is a transaction that can be undone"
    return compare("keep", Side("hull keep", "", ours), peer, FEW, bound=1.0, note=note)


def _checkpoints(place: Place) -> Iterator[Figure]:
    with contextlib.ExitStack() as stack:
        for name, size in (("small", 10), ("large", 1024)):
            fill = f"dd if=/dev/urandom of=/content bs=1M count={size} 2>/dev/null"
            place.hull("try", "--from", IMAGE, "--name", name, "sh", "-c", fill, check=True)
            stack.callback(place.hull, "drop", "--force", name)
            process(place.hull.argv("checkpoint", name), place.hull.env())
        large = Side("of 1 GiB", "", partial(_checkpoint, place, "large"))
        small = Side("of 10 MiB", "", partial(_checkpoint, place, "small"))
        least = Side("the limit: 50 ms", "", lambda: 0.05)
        yield compare("checkpoint of 1 GiB, 1 MiB of it new", large, least, FEW, bound=1.0)
        yield compare("checkpoint, by the container's size", large, small, FEW, bound=1.2)


def _checkpoint(place: Place, name: str) -> float:
    change = place.hull.argv(
        "try", "--in", name, "sh", "-c", "dd if=/dev/urandom of=/changed bs=1M count=1 2>/dev/null"
    )
    process(change, place.hull.env())
    return process(place.hull.argv("checkpoint", name), place.hull.env())

"""Side by side with the peers: `python -m bench [GROUP…]`, as an ordinary user.

As root it makes an ordinary user, gives it a private view of the machine in which the control groups are version 2
alone (podman and crun refuse a hybrid layout), and measures there; the machine's own mounts stay as they are.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator

from bench import place as places
from bench.measure import Figure, Skipped
from tests.commandline import remove_tree

GROUPS = ("start", "prompt", "flow", "pull", "life", "build", "commit", "net", "cells", "values", "try", "api")
MODULES = {"try": "trial"}  # a keyword is no module's name
VIEW = """set -e
if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
    umount -R -l /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
exec setpriv --reuid "$0" --regid "$1" --init-groups -- "$2" -m bench $BENCH_GROUPS"""


def main(words: list[str]) -> int:
    if os.geteuid() == 0:
        return _as_ordinary_user(words)
    base = places.directory()
    broken = 0
    print("\n".join(_machine()), flush=True)
    try:
        for figure in _figures(places.make(base), words or list(GROUPS)):
            print(row(figure), flush=True)
            broken += isinstance(figure, Figure) and not figure.holds
    finally:
        remove_tree(base)
    print(f"\n{broken} figures miss their bound" if broken else "\nEvery bound holds")
    return 1 if broken else 0


def row(figure: Figure | Skipped) -> str:
    """Return one figure as two lines: the ratio and its bound, then both sides."""
    if isinstance(figure, Skipped):
        return f"{'—':>6}  {figure.title}: not measured: {figure.reason}"
    bounds = [f"{sign} {limit:g}" for sign, limit in (("≥", figure.least), ("≤", figure.bound)) if limit is not None]
    verdict = f"{' and '.join(bounds)}: {'holds' if figure.holds else 'MISSED'}" if bounds else "for the record"
    ours = f"{figure.mine:.2f} {figure.unit} {figure.ours.label}"
    peer = f"{figure.theirs:.2f} {figure.unit} {figure.peer.label}"
    release = f" ({figure.peer.version})" if figure.peer.version else ""
    note = f"; {figure.note}" if figure.note else ""
    return (
        f"{figure.ratio:6.2f}  {figure.title} ({verdict})\n        {ours} : {peer}{release}; {figure.runs} runs{note}"
    )


def _figures(place: places.Place, groups: list[str]) -> Iterator[Figure | Skipped]:
    import importlib

    for group in groups:
        yield from importlib.import_module(f"bench.{MODULES.get(group, group)}").figures(place)


def _machine() -> Iterator[str]:
    load = os.getloadavg()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    yield f"Linux {platform.release()}, Python {platform.python_version()}, {os.cpu_count()} processors, {memory} GiB"
    yield "Medians of runs taken turn by turn in this one process; ratio is ours over the peer's."
    yield (
        f"Limits of this machine: load {load:.1f} when it began"
        + (": not idle, expect noise" if load > 0.5 else "")
        + "; control groups are not delegated, so the peers run without them (--cgroups=disabled)."
    )
    yield ""


def _as_ordinary_user(words: list[str]) -> int:
    from tests.as_users import identities

    tester = identities.tester(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    _install(tester.python, tester.tree)
    kept = {name: value for name, value in os.environ.items() if name.startswith("BENCH_") or name == "HULL_TRY_SUITE"}
    env = {**tester.env(), **kept, "BENCH_GROUPS": " ".join(words)}
    view = ["unshare", "--mount", "--propagation", "private", "sh", "-c", VIEW, str(tester.uid), str(tester.gid)]
    os.chdir(tester.tree)
    sys.stdout.flush()
    os.execvpe("unshare", [*view, tester.python], env)


def _install(python: str, tree: str) -> None:
    """Install hull as root would for everyone: an editable one pays for its finder, a user's own for a sealed copy."""
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-build-isolation"]
    subprocess.run([*pip, "--no-deps", "--force-reinstall", "."], cwd=tree, check=True)
    subprocess.run([python, "-m", "compileall", "-q", f"{tree}/.venv/lib"], check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

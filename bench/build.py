"""Building a ten-step Dockerfile, against buildah: every step carried out, and every step found in the cache."""

import os
import subprocess
from collections.abc import Iterator

from bench.measure import Figure, Side, Skipped, compare, process
from bench.place import IMAGE, Place, program, version

RUNS = int(os.environ.get("BENCH_BUILDS", "9"))
COLD, CACHED = 0.7, 0.2
DOCKERFILE = f"""FROM {IMAGE}
ENV A=1
WORKDIR /app
COPY one /app/one
RUN mkdir -p /app/lib && echo lib > /app/lib/a
RUN i=0; while [ $i -lt 200 ]; do echo $i > /app/lib/f$i; i=$((i + 1)); done
COPY tree /app/tree
RUN cat /app/tree/* > /app/all
RUN rm /app/lib/f1? && echo done > /app/done
USER 1000
CMD ["cat", "/app/all"]
"""


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield the ratio of a cold build and of a cached one."""
    if not program("buildah"):
        yield Skipped("build", "buildah is not installed")
        return
    context = _context(place)
    buildah = _buildah(place)  # chroot: the one of its isolations that needs no control groups, and its quickest
    subprocess.run([*buildah, "pull", f"docker-archive:{_archive(place)}"], check=True, capture_output=True)
    env = dict(os.environ)
    common = ["--quiet", "--isolation", "chroot", "--pull-never", "-t", "bench"]
    for title, ours, theirs, bound in (
        ("build of ten steps, cold", ["--no-cache"], ["--no-cache", "--layers"], COLD),
        ("build of ten steps, all cached", [], ["--layers"], CACHED),
    ):
        mine = place.hull.argv("build", "--quiet", "--network", "none", "-t", "bench", *ours, context)
        peer = [*buildah, "build", *common, *theirs, context]
        yield compare(
            title,
            Side("hull build", "", lambda argv=mine: process(argv, place.hull.env())),  # type: ignore[misc]
            Side("buildah build --layers", version("buildah"), lambda argv=peer: process(argv, env)),  # type: ignore[misc]
            RUNS, bound=bound,
        )  # fmt: skip


def _context(place: Place) -> str:
    context = os.path.join(place.base, "context")
    os.makedirs(os.path.join(context, "tree"))
    for name, text in (("Dockerfile", DOCKERFILE), ("one", "one\n"), *((f"tree/{n}", f"{n}\n") for n in range(50))):
        with open(os.path.join(context, name), "w", encoding="ascii") as file:
            file.write(text)
    return context


def _buildah(place: Place) -> list[str]:
    root, run = os.path.join(place.base, "buildah"), os.path.join(place.base, "buildah-run")
    return [program("buildah"), "--root", root, "--runroot", run, "--storage-driver", "overlay"]


def _archive(place: Place) -> str:
    path = os.path.join(place.base, "base.tar")
    place.hull("save", "-o", path, IMAGE, check=True)
    return path

"""Pull and unpack from a loopback registry: cold stores, a sync between, turn by turn.

Three shapes, gzip and zstd: a Debian of 200 MB in one layer, 20 layers of 10 MB, one layer of 50,000 small files.
"""

import hashlib
import io
import os
import random
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from bench.measure import Figure, Side, Skipped, interleave
from bench.memory import peak
from bench.place import Place, program, version
from tests import imagebuild, registries
from tests.commandline import CommandLine, remove_tree

INCLUDE = "curl,less,procps,python3,vim-tiny"
RUNS = int(os.environ.get("BENCH_PULLS", "5"))
BOUNDS = {"gzip": 0.4, "zstd": 0.2}
MEMORY_MOST = 64.0  # MiB
LAYERS, LAYER_BYTES, FILES = 20, 10 << 20, 50_000


class Shape(NamedTuple):
    """One image to pull: what it is, and its layers as tars when asked."""

    title: str
    layers: Callable[[], list[bytes]]


SHAPES = (
    Shape("one layer of 200 MB", lambda: [_debian()]),
    Shape("20 layers of 10 MB", lambda: [_mixed(number) for number in range(LAYERS)]),
    Shape("50,000 small files", lambda: [_small()]),
)


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield each pull against podman's and skopeo's with umoci, on the disk and in memory; its memory; what moves."""
    yield _second(place)
    with registries.plain() as registry:
        for shape in SHAPES:
            layers = shape.layers()
            total = sum(map(len, layers)) / 1e6
            print(f"        the image: {shape.title}, {total:.0f} MB as tars", flush=True)
            for how, bound in BOUNDS.items():
                name = shape.title.replace(" ", "-").replace(",", "")
                reference = imagebuild.push(imagebuild.image(*layers, how=how), registry.address, name.lower(), how)
                yield from _compared(place, f"pull, {shape.title}, {how}", reference, bound)
                yield _memory(place, f"memory of the pull, {shape.title}, {how}", reference)


def _compared(place: Place, title: str, reference: str, bound: float) -> Iterator[Figure | Skipped]:
    for where, base in (("disk", place.base), ("tmpfs", _tmpfs())):
        if not base:
            yield Skipped(f"{title}, {where}", "less than 4 GiB free on a temporary file system")
            continue
        for label, run in (("podman pull", _podman), ("skopeo copy + umoci unpack", _umoci)):
            there = place._replace(base=base)
            ours = Side("hull pull", "", lambda p=there: _hull(p, reference))
            peer = Side(label, version(label.split()[0]), lambda p=there, r=run: r(p, reference))
            try:
                mine, theirs = interleave(ours, peer, RUNS, warm=1)
            except (OSError, subprocess.SubprocessError) as error:
                yield Skipped(f"{title}, {where}", f"{label} does not work here: {error}")
                continue
            limit = bound if where == "disk" else None
            yield Figure(f"{title}, {where}", ours, peer, mine, theirs, RUNS, "s", bound=limit)


def _memory(place: Place, title: str, reference: str) -> Figure:
    """Return what the processes of one pull hold at the most, all of them together, against the limit."""
    hull = CommandLine(os.path.join(place.base, "memory"))
    process = hull.popen("pull", "-q", reference, stdout=subprocess.DEVNULL)
    most = peak(process) / 2**20
    remove_tree(hull.root)
    ours, limit = Side("hull pull", "", lambda: most), Side("the limit", "", lambda: MEMORY_MOST)
    return Figure(title, ours, limit, most, MEMORY_MOST, 1, "MiB", bound=1.0)


def _second(place: Place) -> Figure:
    """Return what a second pull moves, of an image with one changed layer, against what is new in it."""
    layers = [_mixed(number) for number in range(LAYERS)]
    old, new = (imagebuild.image(*one, how="zstd") for one in (layers, [*layers[:-1], _mixed(LAYERS)]))
    hull, moved = CommandLine(os.path.join(place.base, "second")), list[int]()
    honest = registries.image_answer({**old.blobs, **new.blobs}, {"old": old.manifest, "new": new.manifest})

    def counted(request: registries.Request) -> registries.Reply:
        reply = honest(request)
        moved.append(len(reply.body))
        return reply

    with registries.served(counted) as stub:
        hull("pull", "-q", f"{stub.address}/changing:old", check=True)
        moved.clear()
        hull("pull", "-q", f"{stub.address}/changing:new", check=True)
    remove_tree(hull.root)
    fresh = sum(len(data) for key, data in new.blobs.items() if key not in old.blobs)
    ours = Side("moved by hull pull", "", lambda: sum(moved) / 1e6)
    changed = Side("the changed layer, its image's manifest and config", "", lambda: fresh / 1e6)
    return Figure("second pull of a changed image", ours, changed, sum(moved) / 1e6, fresh / 1e6, 1, "MB", bound=1.0)


def _hull(place: Place, reference: str) -> float:
    hull = CommandLine(_fresh(place))
    os.sync()
    begun = time.perf_counter()
    hull("pull", "-q", reference, check=True, timeout=600)
    elapsed = time.perf_counter() - begun
    _drop(place, hull.root)
    return elapsed


def _fresh(place: Place) -> str:
    return tempfile.mkdtemp(dir=place.base)


def _drop(place: Place, tree: str) -> None:
    """Remove a tree from memory; on the disk it stays to the end: ext4 is slow to make files beside removed ones."""
    if place.base == _tmpfs():
        remove_tree(tree)


def _podman(place: Place, reference: str) -> float:
    root = os.path.basename(_fresh(place))
    os.sync()
    begun = time.perf_counter()
    argv = place.podman("pull", "-q", "--tls-verify=false", reference, root=root)
    subprocess.run(argv, check=True, capture_output=True, timeout=600)
    elapsed = time.perf_counter() - begun
    _drop(place, os.path.join(place.base, root))
    return elapsed


def _umoci(place: Place, reference: str) -> float:
    base = _fresh(place)
    os.sync()
    begun = time.perf_counter()
    copy = [program("skopeo"), "copy", "-q", "--src-tls-verify=false", f"docker://{reference}", f"oci:{base}/layout:x"]
    unpack = [program("umoci"), "unpack", "--rootless", "--image", f"{base}/layout:x", f"{base}/bundle"]
    for argv in (copy, unpack):
        subprocess.run(argv, check=True, capture_output=True, timeout=600)
    elapsed = time.perf_counter() - begun
    subprocess.run(["chmod", "-R", "u+rwX", base], check=False)
    _drop(place, base)
    return elapsed


def debian() -> str:
    """Return the path of a Debian of some 200 MB, made once by mmdebstrap and kept in the cache directory."""
    cache = os.environ.get("HULL_TEST_CACHE") or os.path.expanduser("~/.cache/hull-tests")
    path = f"{cache}/debian-bench.tar"
    if not os.path.exists(path):
        os.makedirs(cache, exist_ok=True)
        words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={INCLUDE}", "bookworm", f"{path}.new.tar"]
        subprocess.run(words, check=True)
        os.rename(f"{path}.new.tar", path)
    return path


def _debian() -> bytes:
    with open(debian(), "rb") as file:
        return file.read()


def _mixed(number: int) -> bytes:
    """Return a tar of 10 MB that compresses as programs do: pieces of the Debian, each layer other ones."""
    source, size = _debian(), 256 << 10
    chosen = random.Random(number)
    files = {}
    for place in range(LAYER_BYTES // size):
        start = chosen.randrange(len(source) - size)
        files[f"layer-{number}/file-{place}"] = source[start : start + size]
    return _tar(files)


def _small() -> bytes:
    """Return a tar of 50,000 files of some 500 bytes in 500 directories."""
    files = {f"d{number % 500}/f{number}": _text(number) for number in range(FILES)}
    return _tar(dict(sorted(files.items())))


def _text(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).hexdigest().encode() * (number % 16)


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _tmpfs() -> str:
    base = os.environ.get("BENCH_TMPFS", "/dev/shm")
    return base if shutil.disk_usage(base).free > 4 << 30 else ""

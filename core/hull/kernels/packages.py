"""ipykernel and what it needs, for one kind of Python: fetched once, shared read-only, named by its content.

DATA/kernels/<24 hex>/site is what is mounted at the end of the image's own sys.path. `about.json` beside it says which
Python it is for; `users` are the kernelspecs that start with it, a path a line.
"""

import os
import sys

from hull.errors import HostError, UserError
from hull.kernels.probing import Python
from hull.light import Any, Protocol
from hull.log import Event, Events
from hull.paths import Paths

OLDEST = (3, 8)
# pip judges markers by the Python that runs it: what only older ones need is asked for by name.
WANTED = ("ipykernel", "typing_extensions", "exceptiongroup")
SECONDS = 600


class Compiler(Protocol):
    """How modules are compiled: by the image's own Python, at a directory of the host."""

    def __call__(self, directory: str) -> None:
        """Compile everything below."""


def provide(paths: Paths, python: Python, events: Events, compiled: Compiler, *, fresh: bool = False) -> str:
    """Return the layer's name, made if there is none for this Python, or anyway where a `fresh` one is asked."""
    found = "" if fresh else _known(paths, python.tag)
    if found:
        return found
    if python.version < OLDEST:
        raise UserError(
            f"cannot give Python {python.short} a kernel: ipykernel needs {'.'.join(map(str, OLDEST))} or newer",
            "use an image with a newer Python: hull kernel install python:3.13",
        )
    events(Event("note", "ipykernel", f"fetching it for {python.tag}"))
    return _made(paths, python, compiled)


def directory(paths: Paths, layer: str) -> str:
    """Return a layer's directory of packages; HostError where it is gone."""
    found = f"{paths.data}/kernels/{layer}/site"
    if not os.path.isdir(found):
        raise HostError(
            f"cannot start the kernel: its packages {layer} are gone from this store",
            "hull kernel install IMAGE --name NAME makes them again",
        )
    return found


def use(paths: Paths, layer: str, spec: str) -> None:
    """Note that a kernelspec starts with this layer."""
    with open(f"{paths.data}/kernels/{layer}/users", "a", encoding="utf-8") as file:
        file.write(f"{spec}\n")


def sweep(paths: Paths) -> list[str]:
    """Remove the layers whose kernelspecs are all gone; return their names."""
    import shutil

    removed = []
    for layer in _layers(paths):
        place = f"{paths.data}/kernels/{layer}"
        if not any(_mentions(spec, layer) for spec in _users(place)):
            grave = f"{paths.scratch}/kernel-{layer}-{os.getpid()}"
            os.rename(place, grave)
            shutil.rmtree(grave, ignore_errors=True)
            removed.append(layer)
    return removed


def _layers(paths: Paths) -> list[str]:
    place = f"{paths.data}/kernels"
    return sorted(os.listdir(place)) if os.path.isdir(place) else []


def _users(place: str) -> list[str]:
    try:
        with open(f"{place}/users", encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def _mentions(spec: str, layer: str) -> bool:
    try:
        with open(f"{spec}/kernel.json", encoding="utf-8") as file:
            return layer in file.read()
    except OSError:
        return False


def _known(paths: Paths, tag: str) -> str:
    import json

    for layer in _layers(paths):
        with open(f"{paths.data}/kernels/{layer}/about.json", encoding="utf-8") as file:
            if json.load(file)["python"] == tag:
                return layer
    return ""


def _made(paths: Paths, python: Python, compiled: Compiler) -> str:
    import json
    import shutil
    import tempfile

    scratch = tempfile.mkdtemp(prefix="kernel-", dir=paths.scratch)
    try:
        os.chmod(scratch, 0o755)  # noqa: S103 (root's containers read it as others)
        wheels = _fetch(python, f"{scratch}/site", f"{scratch}/report.json")
        compiled(f"{scratch}/site")
        layer = _name(wheels)
        os.unlink(f"{scratch}/report.json")
        with open(f"{scratch}/about.json", "w", encoding="utf-8") as file:
            json.dump({"python": python.tag, "wheels": wheels}, file, indent=1)
        os.makedirs(f"{paths.data}/kernels", 0o711, exist_ok=True)
        if not os.path.isdir(f"{paths.data}/kernels/{layer}"):
            os.rename(scratch, f"{paths.data}/kernels/{layer}")
        return layer
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _name(wheels: dict[str, str]) -> str:
    import hashlib

    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(wheels.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:24]


def _fetch(python: Python, target: str, report: str) -> dict[str, str]:
    """Let this Python's pip install another's wheels; return their names and digests."""
    import json

    _pip("install", "--target", target, "--report", report, *_for(python), *WANTED)
    with open(report, encoding="utf-8") as file:
        items: list[dict[str, Any]] = json.load(file)["install"]
    archives = [item["download_info"] for item in items]
    return {one["url"].rpartition("/")[2]: one["archive_info"]["hash"] for one in archives}


def _for(python: Python) -> tuple[str, ...]:
    platforms = (word for name in python.platforms for word in ("--platform", name))
    return ("--only-binary=:all:", "--no-compile", "--python-version", ".".join(map(str, python.version)),
            "--implementation", "cp", "--abi", python.abi, *platforms)  # fmt: skip


def _pip(*words: str) -> None:
    import importlib.util
    import subprocess

    if importlib.util.find_spec("pip") is None:
        raise HostError(
            "cannot fetch ipykernel: the Python that runs hull has no pip",
            f"{sys.executable} -m ensurepip, or use an image that has ipykernel",
        )
    argv = [sys.executable, "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check", *words]
    done = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=SECONDS)
    if done.returncode:
        said = [line for line in done.stderr.decode(errors="replace").splitlines() if line.startswith("ERROR")]
        raise HostError(
            f"cannot fetch ipykernel: {(said or ['pip failed'])[-1].removeprefix('ERROR: ')}",
            "check the network, or use an image that has ipykernel: RUN pip install ipykernel",
        )

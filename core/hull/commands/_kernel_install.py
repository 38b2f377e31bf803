"""Install a kernel: look at the image's Python, give it ipykernel where it has none, write the kernelspec."""

import os
import re
import sys

from hull.commands import _kernel_words
from hull.commands import rm as rm_
from hull.commands import run as run_
from hull.commands._kernel_words import Asked
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.kernels import logo, packages, probing, specs
from hull.kernels.specs import Kernelspec
from hull.light import NamedTuple
from hull.log import Event

PYTHONS = ("python3", "python")
COMPILE = "import compileall; compileall.compile_dir({!r}, quiet=2, force=True)"
SHOWN = 4  # a logo has room for 3.13


class Where(NamedTuple):
    """Where the kernelspec goes, and what Jupyter shows."""

    prefix: str
    sys_prefix: bool
    display: str


def install(engine: Engine, asked: Asked, where: Where, *, upgrade: bool) -> Kernelspec:
    """Install one kernel; return it."""
    name = specs.check_name(str(asked.flags.get("name") or f"hull-{_slug(asked.image)}"))
    python = _probe(engine, asked)
    layer = "" if python.ipykernel else _provide(engine, asked, python, fresh=upgrade)
    version = ".".join(map(str, python.version))
    about = {"image": asked.image, "python": version, "packages": layer}
    display = where.display or f"Python {python.short} (hull: {asked.image})"
    provisioned = _has_jupyter()
    root = os.environ.get("HULL_ROOT", "")
    root = os.path.abspath(root) if root else ""
    made = specs.document(display, _argv(asked, python, layer), about, root, provisioned=provisioned)
    place = specs.places(dict(os.environ), sys.prefix if where.sys_prefix else where.prefix)[0]
    directory = specs.write(place, name, made, logo.svg(python.short[:SHOWN]))
    if layer:
        packages.use(engine.paths, layer, directory)
    packages.sweep(engine.paths)
    if not provisioned:
        engine.events(Event("note", name, "there is no jupyter_client beside hull: it will use ports of the loopback"))
    return Kernelspec(name, display, asked.image, version, directory)


def _slug(image: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", image.rpartition("/")[2].partition("@")[0].lower()).strip("-.") or "kernel"


def _has_jupyter() -> bool:
    import importlib.util

    return importlib.util.find_spec("jupyter_client") is not None


def _argv(asked: Asked, python: probing.Python, layer: str) -> list[str]:
    words = [*_program(), "kernel", "start", f"--python={python.executable}"]
    words += [f"--packages={layer}"] if layer else []
    words += [] if asked.folder else ["--no-folder"]
    flags = {name: value for name, value in asked.flags.items() if name != "name"}
    return [*words, *_kernel_words.kept(flags), "-f", "{connection_file}", asked.image, "--"]  # Jupyter adds words


def _program() -> list[str]:
    """Return how to start hull from anywhere: its console script beside this Python, else the module."""
    script = f"{os.path.dirname(sys.executable)}/hull"
    return [script] if os.access(script, os.X_OK) else [sys.executable, "-P", "-m", "hull"]


def _probe(engine: Engine, asked: Asked) -> probing.Python:
    for name in (asked.python,) if asked.python else PYTHONS:
        code, out, err = _once(engine, asked, name, ("-c", probing.SCRIPT))
        if code == 0:
            found = probing.read(out)
            if found is None:
                raise UserError(f"cannot use {name} of {asked.image}: it is not a CPython", "use python:3.13")
            return found
        if code not in (126, 127):
            raise HostError(
                f"cannot look at the Python of {asked.image}: {err.strip() or f'exit {code}'}", "hull doctor"
            )
    raise UserError(
        f"cannot make a kernel of {asked.image}: it has no {asked.python or 'Python'}",
        "use an image with Python, such as python:3.13; --python names one that is not on its PATH",
    )


def _once(engine: Engine, asked: Asked, program: str, words: tuple[str, ...], *mounts: str) -> tuple[int, str, str]:
    """Run a program in a container such as the kernel's, without a network; return its exit code and what it wrote."""
    from subprocess import DEVNULL, PIPE

    engine.resident = True  # we go on afterwards
    flags = {
        "user": "0",
        **asked.flags,
        "name": "",
        "rm": True,
        "network": ("none",),
        "publish": (),
        "entrypoint": program,
    }
    flags["mount"] = (*asked.flags.get("mount", ()), *mounts)
    launch = run_.run(engine, asked.image, words, **flags)
    assert not isinstance(launch, list)  # noqa: S101 (it is in the foreground)
    child = engine.spawn(launch, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    out, err = child.communicate()
    return child.returncode, out.decode(errors="replace"), err.decode(errors="replace")


def _provide(engine: Engine, asked: Asked, python: probing.Python, *, fresh: bool) -> str:
    from hull.storage import overlay

    owner = overlay.owner_of(engine.identity())

    def compiled(directory: str) -> None:
        if owner is not None:
            _give(directory, owner)
        place = "/run/hull-packages"
        mount = f"type=bind,source={directory},target={place}"
        words = ("-I", "-c", COMPILE.format(place))
        code, _, err = _once(engine, asked, python.executable, words, mount)
        if code:
            raise HostError(f"cannot compile the packages for {asked.image}: {err.strip()}", "hull doctor")

    try:
        return packages.provide(engine.paths, python, engine.events, compiled, fresh=fresh)
    finally:
        rm_.sweep(engine)


def _give(directory: str, owner: tuple[int, int]) -> None:
    for place, names, files in os.walk(directory):
        for name in (".", *names, *files):
            os.lchown(f"{place}/{name}", *owner)

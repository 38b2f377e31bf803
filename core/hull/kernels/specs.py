"""Kernelspecs: directories with a kernel.json where Jupyter looks for them."""

import os
import re
import sys

from hull.errors import HostError, UserError
from hull.light import Any, NamedTuple

PROVISIONER = "hull"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Kernelspec(NamedTuple):
    """One of hull's. `image` and `python` are what it was made with, `directory` is where it lies."""

    name: str
    display: str
    image: str
    python: str
    directory: str


def document(
    display: str, argv: list[str], about: dict[str, Any], root: str = "", *, provisioned: bool
) -> dict[str, Any]:
    """Return kernel.json; `root` is a store of its own, HULL_ROOT.

    Without a provisioner Jupyter starts argv itself and asks for TCP ports.
    """
    metadata: dict[str, Any] = {"hull": about, "debugger": True}
    if provisioned:
        metadata["kernel_provisioner"] = {"provisioner_name": PROVISIONER, "config": {"root": root}}
    return {
        "argv": argv,
        "env": {"HULL_ROOT": root} if root else {},
        "display_name": display,
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": metadata,
    }


def places(environ: dict[str, str], prefix: str = "") -> list[str]:
    """Return the directories of kernelspecs, the one to install to first; `prefix` is another for this one."""
    home = environ.get("HOME") or os.path.expanduser("~")
    data = environ.get("JUPYTER_DATA_DIR") or f"{environ.get('XDG_DATA_HOME') or f'{home}/.local/share'}/jupyter"
    more = [path for path in environ.get("JUPYTER_PATH", "").split(os.pathsep) if path]
    roots = [data, *more, f"{sys.prefix}/share/jupyter", "/usr/local/share/jupyter", "/usr/share/jupyter"]
    if prefix:
        roots.insert(0, f"{os.path.abspath(prefix)}/share/jupyter")
    return [f"{root}/kernels" for root in dict.fromkeys(roots)]


def check_name(name: str) -> str:
    """Return a kernel's name as Jupyter takes it: it is not case-sensitive."""
    if NAME.fullmatch(name) is None:
        raise UserError(f"cannot name a kernel {name!r}", "use letters, digits, '.', '_' and '-'")
    return name.lower()


def write(place: str, name: str, made: dict[str, Any], logo: str) -> str:
    """Put a kernelspec in place whole, over one of hull's own but not over another's; return its directory."""
    import json
    import shutil
    import tempfile

    target = f"{place}/{name}"
    if os.path.exists(target) and _read(place, name) is None:
        raise UserError(f"cannot install the kernel {name}: {target} is not hull's", "choose another: --name NAME")
    try:
        os.makedirs(place, exist_ok=True)
        scratch = tempfile.mkdtemp(prefix=f".{name}-", dir=place)
    except OSError as error:
        raise HostError(f"cannot write to {place}: {error.strerror}", "choose another place: --prefix DIR") from None
    os.chmod(scratch, 0o755)  # noqa: S103 (another user's Jupyter may read it)
    for file, text in (("kernel.json", json.dumps(made, indent=1) + "\n"), ("logo-svg.svg", logo)):
        with open(f"{scratch}/{file}", "w", encoding="utf-8") as stream:
            stream.write(text)
    if os.path.exists(target):
        shutil.rmtree(target)
    os.rename(scratch, target)
    return target


def found(where: list[str]) -> list[Kernelspec]:
    """Return hull's kernelspecs, the first of each name: that is the one Jupyter takes."""
    listed: dict[str, Kernelspec | None] = {}
    for place in where:
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            if not name.startswith("."):
                listed.setdefault(name.lower(), _read(place, name))
    return [spec for spec in listed.values() if spec is not None]


def remove(spec: Kernelspec) -> None:
    """Take a kernelspec away."""
    import shutil

    try:
        shutil.rmtree(spec.directory)
    except OSError as error:
        raise HostError(f"cannot remove {spec.directory}: {error.strerror}", "remove it as its owner") from None


def _read(place: str, name: str) -> Kernelspec | None:
    """Return a kernelspec, None where it is not hull's."""
    import json

    try:
        with open(f"{place}/{name}/kernel.json", encoding="utf-8") as file:
            made = json.load(file)
        about = made["metadata"]["hull"]
        return Kernelspec(name, made["display_name"], about["image"], about["python"], f"{place}/{name}")
    except (OSError, ValueError, KeyError, TypeError):
        return None

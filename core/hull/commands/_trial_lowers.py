"""Ask the kernel which mounts it takes below an overlay: by trying, once a boot for each mount."""

import os
import sys

from hull.engine import Engine
from hull.errors import HostError
from hull.storage.trialmounts import Mounted

FILE = "lowers.json"  # among what does not survive a boot: what was tried, with the reason of a refusal


def check(engine: Engine, mounts: tuple[Mounted, ...]) -> None:
    """Raise HostError where a mount cannot be shown by an overlay: an empty directory in its place would be a lie."""
    known = _known(engine)
    keys = {f"{mount.path}\n{mount.device} {mount.kind}": mount for mount in mounts}
    new = {key: mount for key, mount in keys.items() if key not in known}
    if new:
        refused = _try(engine, [mount.path for mount in new.values()])
        known |= {key: refused.get(mount.path, "") for key, mount in new.items()}
        _write(engine, known)
    for key, mount in keys.items():
        if known[key]:
            raise HostError(
                f"cannot show {mount.path} in a try: the kernel refuses an overlay on {mount.kind}: {known[key]}",
                f"--hide {mount.path} leaves it out; --engine fuse shows it",
            )


def _try(engine: Engine, paths: list[str]) -> dict[str, str]:
    import json
    import shutil
    import tempfile

    scratch = tempfile.mkdtemp(dir=engine.paths.scratch)
    os.chmod(scratch, 0o711 if os.geteuid() == 0 else 0o700)
    try:
        argv = [sys.executable, "-P", "-m", "hull.kernel.stackable", scratch, *paths]
        with engine.confine(argv, stdout=-1, stderr=-1) as child:
            out, said = child.communicate()
        if child.returncode:
            text = said.decode(errors="replace").strip().rpartition("\n")[2]
            raise HostError(f"cannot find out what an overlay may show: {text}", "hull doctor")
        found: dict[str, str] = json.loads(out)
        return found
    finally:
        _remove_work(scratch)
        shutil.rmtree(scratch, ignore_errors=True)


def _remove_work(scratch: str) -> None:
    from contextlib import suppress

    with suppress(OSError):
        os.rmdir(f"{scratch}/work/work")


def _known(engine: Engine) -> dict[str, str]:
    import json

    try:
        with open(f"{engine.paths.runtime}/{FILE}", encoding="utf-8", errors="surrogateescape") as file:
            found: dict[str, str] = json.load(file)
    except (OSError, ValueError):
        return {}
    return found


def _write(engine: Engine, known: dict[str, str]) -> None:
    import json

    half = f"{engine.paths.runtime}/{FILE}.{os.getpid()}"
    with open(half, "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(known, file)
    os.rename(half, f"{engine.paths.runtime}/{FILE}")

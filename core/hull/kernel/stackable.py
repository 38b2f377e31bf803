"""Which directories the kernel takes as an overlay's lower: the child side of commands._trial_lowers.

Run as `python -m hull.kernel.stackable SCRATCH PATH…`, as root of a user namespace. Prints one JSON object: the paths
that are refused, with the reason. The effect is tried, never the file system's name.
"""

import json
import os
import sys

from hull.kernel import stacking
from hull.kernel import syscalls as sc


def refused(scratch: str, paths: list[str]) -> dict[str, str]:
    """Return the refused paths and why; what is gone meanwhile is not among them."""
    found = {}
    for name in ("upper", "work"):
        os.makedirs(f"{scratch}/{name}", exist_ok=True)
    for path in paths:
        try:
            os.close(stacking.overlay([path], f"{scratch}/upper", f"{scratch}/work"))
        except FileNotFoundError:
            continue
        except OSError as error:
            found[path] = str(error.strerror)
    return found


def main(scratch: str, *paths: str) -> None:
    """Try in a mount namespace of one's own: nothing of it is seen elsewhere."""
    sc.unshare(sc.CLONE_NEWNS)
    sc.mount(b"none", b"/", b"", sc.MS_REC | sc.MS_PRIVATE)
    json.dump(refused(scratch, list(paths)), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])

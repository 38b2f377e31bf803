"""--device: what is shown must be a device, and one that the caller may open."""

import os
import stat

from hull.errors import HostError, UserError


def resolve(word: str) -> tuple[str, str]:
    """Return where the device of `SOURCE:TARGET` is and where it is shown; what cannot be shown is an error."""
    source, _, target = word.partition(":")
    try:
        mode = os.stat(source).st_mode
    except OSError as error:
        raise UserError(f"cannot show the device {source}: {error.strerror}", "check the path") from None
    if not (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)):
        raise UserError(f"cannot show {source}: not a device", f"-v {source}:{target} mounts files")
    if not os.access(source, os.R_OK):
        raise HostError(f"cannot open the device {source}: permission denied", "join its group, or ask root for access")
    return source, target


def usable(besides: set[str]) -> tuple[tuple[str, str], ...]:
    """Return the devices of this machine that the caller may read and write, those of every container left out."""
    from hull.runtime.plan import DEVICES

    own = {*besides, *(f"/dev/{name}" for name in (*DEVICES, "ptmx", "console"))}
    found = (f"{place}/{name}" for place in ("/dev", "/dev/net") if os.path.isdir(place) for name in os.listdir(place))
    return tuple((path, path) for path in sorted(found) if path not in own and _may_use(path))


def _may_use(path: str) -> bool:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)) and os.access(path, os.R_OK | os.W_OK)

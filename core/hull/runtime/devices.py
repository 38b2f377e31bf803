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

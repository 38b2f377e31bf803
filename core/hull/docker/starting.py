"""A start that failed, in the words by which Docker's clients know why."""

import errno
import os

from hull.errors import HullError, Missing, UserError
from hull.model import Mount
from hull.runtime import mounts, plan
from hull.state.containers import Container

NOT_FOUND, NOT_EXECUTABLE = 127, 126
SOUGHT = "cannot find below the source"  # the launcher's words for a part of a volume; 256 bytes of its path follow
OUT = "a link leads out of it"


def refused(row: Container, error: HullError) -> HullError:
    """Return the error to answer with: a program that cannot be executed is the asker's, as Docker has it."""
    if error.exit_code not in (NOT_FOUND, NOT_EXECUTABLE):
        return next(filter(None, (part(mount, error) for mount in row.spec.mounts)), error)
    made = UserError(
        "failed to create task for container: failed to create shim task: OCI runtime create failed: unable to start "
        f"container process: {told(plan.command(row.spec, row.config)[0], error)}: unknown"
    )
    made.exit_code = error.exit_code
    return made


def part(mount: Mount, error: HullError) -> HullError | None:
    """Return a failure to find this mount's part of a volume as Docker's engine tells it, None of any other."""
    for path in mounts.said(mount, "subpath"):
        if error.message == f"{SOUGHT} {path[:256]}: {OUT}":
            return UserError(f"path concatenation escapes the base directory, base: {mount.source}, subpath: {path}")
        if error.message.startswith(f"{SOUGHT} {path[:256]}: "):
            return Missing(f"cannot access path {mount.source}/{path}: {error.message.rpartition(': ')[2].lower()}")
    return None


def told(program: str, error: HullError) -> str:
    """Return a failure to execute as Docker's engine tells it: clients look for these words."""
    if error.exit_code == NOT_FOUND and "/" not in program:
        why = "executable file not found in $PATH"
    elif error.exit_code == NOT_FOUND:
        why = f"stat {program}: no such file or directory"
    else:
        why = os.strerror(errno.EISDIR if "directory" in error.message.lower() else errno.EACCES).lower()
    return f'exec: "{program}": {why}'

"""A start that failed, in the words by which Docker's clients know why."""

import errno
import os

from hull.errors import HullError, UserError
from hull.runtime import plan
from hull.state.containers import Container

NOT_FOUND, NOT_EXECUTABLE = 127, 126


def refused(row: Container, error: HullError) -> HullError:
    """Return the error to answer with: a program that cannot be executed is the asker's, as Docker has it."""
    if error.exit_code not in (NOT_FOUND, NOT_EXECUTABLE):
        return error
    made = UserError(
        "failed to create task for container: failed to create shim task: OCI runtime create failed: unable to start "
        f"container process: {told(plan.command(row.spec, row.config)[0], error)}: unknown"
    )
    made.exit_code = error.exit_code
    return made


def told(program: str, error: HullError) -> str:
    """Return a failure to execute as Docker's engine tells it: clients look for these words."""
    if error.exit_code == NOT_FOUND and "/" not in program:
        why = "executable file not found in $PATH"
    elif error.exit_code == NOT_FOUND:
        why = f"stat {program}: no such file or directory"
    else:
        why = os.strerror(errno.EISDIR if "directory" in error.message.lower() else errno.EACCES).lower()
    return f'exec: "{program}": {why}'

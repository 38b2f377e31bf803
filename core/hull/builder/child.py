"""The confined child of a build: `python -m hull.builder.child`, a socket as standard input.

Each message is one request, JSON with its task's values, and two descriptors: the data pipe, and where the answer goes.
A request is served by a fork with a mount namespace of its own; `tasks` says what each does. Ends when the socket does.
"""

import os
import signal
import socket
import sys

from hull import errors
from hull.builder import tasks
from hull.errors import HullError
from hull.light import Any

LARGEST = 1 << 20


def main() -> int:
    """Serve until nobody is left to ask."""
    import resource

    os.umask(0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a fork: its answer is what counts
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the build decides what ends
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with socket.socket(fileno=os.dup(0)) as asked:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        while True:
            message, fds, _, _ = socket.recv_fds(asked, LARGEST, 2)
            if not message:
                return 0
            if os.fork() == 0:
                asked.close()
                _serve(message, *fds)
            for fd in fds:
                os.close(fd)


def _serve(message: bytes, data: int, reply: int) -> None:
    import json

    values: dict[str, Any] = json.loads(message)
    task = values.pop("task")
    try:
        answer = tasks.TASKS[task](data, **values)
    except HullError as error:
        answer = {"error": error.message, "hint": error.hint, "kind": type(error).__name__}
    except OSError as error:
        answer = _refused(error)
    except Exception as error:  # noqa: BLE001 (the other side reports it)
        answer = {"error": f"{task} failed: {type(error).__name__}: {error}", "hint": "", "kind": "Bug"}
    os.close(data)
    with open(reply, "wb") as file:
        file.write(json.dumps(answer).encode())
    os._exit(0)


def _refused(error: OSError) -> dict[str, object]:
    """Return the answer for what the kernel refused: a path that is not there is the user's error."""
    absent = isinstance(error, FileNotFoundError | NotADirectoryError | FileExistsError)
    kind, hint = (errors.UserError, "check the path") if absent else (errors.HostError, "hull doctor")
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a file of the build"
    return {"error": f"cannot reach {name}: {error.strerror}", "hint": hint, "kind": kind.__name__}


if __name__ == "__main__":
    sys.exit(main())

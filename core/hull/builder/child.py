"""The confined child of a build: `python -m hull.builder.child`, a socket as standard input.

Each message is one request, JSON with its task's values, and two descriptors: the data pipe, and where the answer goes.
A request is served by a fork with a mount namespace of its own; `tasks` says what each does. Ends when the socket does.
"""

import os
import signal
import socket
import sys

from hull.builder import tasks
from hull.errors import Bug, HullError
from hull.images import answers
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
        answer = answers.failed(error)
    except OSError as error:
        answer = answers.refused(error, "a file of the build", (*answers.ABSENT, FileExistsError))
    except Exception as error:  # noqa: BLE001 (the other side reports it)
        answer = answers.failed(Bug(f"{task} failed: {type(error).__name__}: {error}"))
    os.close(data)
    with open(reply, "wb") as file:
        file.write(json.dumps(answer).encode())
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())

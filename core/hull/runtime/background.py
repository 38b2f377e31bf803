"""Start a plan that nobody waits for: exec -d."""

import os

from hull.errors import HostError
from hull.runtime import launch, ops


def run(prepared: launch.Launch, steps: list[ops.Op]) -> None:
    """Start the launcher in a session of its own, its streams nowhere; return once the program was executed.

    A failure before that is raised, with the launcher's text and exit code.
    """
    import json
    from subprocess import DEVNULL

    reader, writer = os.pipe()
    told = prepared._replace(
        plan=ops.encode([("status", f"/proc/self/fd/{writer}"), *(op for op in steps if op[0] != "status")])
    )
    streams = {"stdin": DEVNULL, "stdout": DEVNULL, "stderr": DEVNULL}
    try:
        child = launch.spawn(told, pass_fds=(writer,), start_new_session=True, cwd="/", **streams)
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    with os.fdopen(reader, "rb") as status:
        for line in status:
            event = json.loads(line)
            if event["event"] == "exec":
                return
            if event["event"] == "failed":
                _fail(event["text"], event["code"])
    _fail("cannot exec: the launcher was killed", child.wait() or 125)


def _fail(text: str, code: int) -> None:
    error = HostError(text)
    error.exit_code = code if code > 0 else 128 - code
    raise error

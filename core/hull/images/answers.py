"""What a confined child answers: one JSON object, `error`, `hint` and `kind` (of hull.errors) in it where it failed."""

import os
import sys
from collections.abc import Callable

from hull import errors
from hull.errors import Bug, HostError, HullError
from hull.light import Any

Answer = dict[str, Any]
ABSENT = (FileNotFoundError, NotADirectoryError)


def tell(act: Callable[[], Answer]) -> int:
    """Do it as the child, make its answer the last line of standard error, and return the exit code."""
    import json

    try:
        answer = act()
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(141)  # who reads has gone: nothing to tell, and nobody
    except HullError as error:
        answer = failed(error)
    except OSError as error:
        answer = refused(error)
    sys.stderr.write(f"\n{json.dumps(answer)}")
    return 1 if "error" in answer else 0


def failed(error: HullError) -> Answer:
    """Return the answer for an error of hull's own."""
    return {"error": error.message, "hint": error.hint, "kind": type(error).__name__}


def refused(error: OSError, what: str = "the container's files", absent: tuple[type[OSError], ...] = ABSENT) -> Answer:
    """Return the answer for what the kernel refused: a path that is not there is the user's error."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else what
    message = f"cannot reach {name}: {error.strerror}"
    if isinstance(error, absent):
        return failed(errors.Missing(message, "check the path"))
    return failed(HostError(message, "hull doctor"))


def taken(answer: Answer) -> Answer:
    """Return the answer; raise the error that it tells."""
    if "error" in answer:
        raise getattr(errors, answer["kind"])(answer["error"], answer["hint"])
    return answer


def heard(said: bytes, code: int, doing: str, cannot: str, hint: str) -> Answer:
    """Return what a child told in its last line; raise what it tells went wrong, and its end without an answer.

    `doing` begins the message of a fault in hull, `cannot` that of an end by anything else, to which `hint` belongs.
    """
    import json

    try:
        answer: Answer = json.loads(said.rpartition(b"\n")[2])
    except ValueError:
        text = said.decode(errors="backslashreplace").strip()[-400:]
        if b"Traceback" in said:
            raise Bug(f"{doing} failed: {text}", "report it with this message") from None
        raise HostError(f"{cannot}: {text or f'exit {code}'}", hint) from None
    return taken(answer)

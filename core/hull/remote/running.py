"""A program of another engine in the foreground: its streams, signals, terminal and exit code are the caller's."""

import json
import select
from collections.abc import Generator, Iterator

from hull.commands import _flags, _life
from hull.contexts.answer import Answer
from hull.errors import HostError, HullError, Missing, UserError
from hull.light import Any
from hull.output import Piece
from hull.remote import creating, living, streams
from hull.remote.there import Asked, There, container

UPGRADE = {"Connection": "Upgrade", "Upgrade": "tcp", "Content-Type": "text/plain"}
BY_US = "not-running"  # wait for that, then remove it: podman's own removal loses the exit code
SWITCHED = 101  # the status of a connection that is a stream both ways
ANSWERS = 2.0  # seconds from a program's last byte to its exit code, before it is asked whether it runs on


class Streams:
    """What a front pours: a program's output, while its input goes there. `exit_code` is the program's own."""

    def __init__(self, answer: Answer, begin: Any, code: Any, **options: Any) -> None:
        self.exit_code = 0
        self._code = code
        self._items: Generator[Piece] = self._run(answer, begin, **options)

    def __iter__(self) -> Iterator[Piece]:
        return self

    def __next__(self) -> Piece:
        return next(self._items)

    def close(self) -> None:
        """Let go of the terminal and the connection."""
        self._items.close()

    def _run(self, answer: Answer, begin: Any, *, tty: bool, stdin: bool, resize: Any, send: Any) -> Any:
        """Yield pieces; the terminal is raw from before the program starts, so that no key is lost or echoed."""
        with streams.Terminal(resize) if tty else streams.Signals(send, on=send is not None) as held:
            begin()
            if isinstance(held, streams.Terminal):
                held.tell()
            feed = streams.Feed(answer.sock) if stdin else None
            try:
                if feed is None and answer.status == SWITCHED:
                    streams.half_close(answer.sock)
                yield from streams.pieces(streams.hijacked(answer), tty=tty)
            finally:
                if feed is not None:
                    feed.stop()
                answer.close()
        self.exit_code = self._code()


def run(there: There, asked: Asked) -> Any:
    """Run a program in a new container."""
    _flags.free(asked.cidfile)
    spec = creating.spec_of(asked)
    if asked.detach and (asked.attach or asked.detach_keys):
        raise UserError("cannot be at the streams of what is detached", "leave out --detach, or --attach")
    chosen = set(asked.attach) or {"stdout", "stderr", *(["stdin"] if spec.interactive else [])}
    said = {name.title(): name in chosen and not asked.detach for name in ("stdin", "stdout", "stderr")}
    body: dict[str, bool] = {f"Attach{name}": on for name, on in said.items()}
    body["StdinOnce"] = spec.interactive and not asked.detach
    removes = spec.remove and not asked.detach and there.client.podman
    ident = creating.made(there, spec._replace(remove=False) if removes else spec, body)
    try:
        _flags.write_cid(asked.cidfile, ident)
        if asked.detach:
            living.begin(there, (ident,))
            return [ident]
        stdin = spec.interactive and "stdin" in chosen
        ends = BY_US if removes else "removed" if spec.remove else "next-exit"
        return _attached(there, ident, asked, tty=spec.tty, stdin=stdin, chosen=chosen, ends=ends, begins=True)
    except HullError as error:
        _discard(there, ident)
        error.exit_code = code_of(error)
        raise


def _discard(there: There, ident: str) -> None:
    try:
        there.delete(container(ident), force=True, v=True)
    except HullError:
        return


def code_of(error: HullError) -> int:
    """Return 127 and 126 as the shell means them, where the engine says why the program did not start."""
    text = error.message.lower()
    if "no such file" in text or "not found in $path" in text or "executable file not found" in text:
        return 127
    return 126 if "permission denied" in text or "is a directory" in text else error.exit_code


def start(there: There, asked: Asked) -> Any:
    """Start containers; with -a or -i be at one's streams."""
    if not (asked.attach or asked.interactive):
        return living.begin(there, asked.containers)
    if len(asked.containers) != 1:
        raise UserError("cannot attach to several containers: what they write would be mixed", "name one")
    found = there.get(container(asked.containers[0], "json"))
    stdin = asked.interactive and found["Config"].get("OpenStdin", False)
    running, removed = found["State"]["Running"], (found.get("HostConfig") or {}).get("AutoRemove")
    return _attached(there, found["Id"], asked, tty=found["Config"]["Tty"], stdin=stdin, chosen={"stdout", "stderr"},
                     ends="removed" if removed else "next-exit", begins=not running)  # fmt: skip


def attach(there: There, asked: Asked) -> Any:
    """Be at a container's streams."""
    found = there.get(container(asked.container, "json"))
    if not found["State"]["Running"]:
        name = str(found["Name"]).removeprefix("/")
        raise UserError(f"cannot attach to {name}: it is not running", f"hull start {name}")
    stdin = found["Config"].get("OpenStdin", False) and not asked.no_stdin
    removed = (found.get("HostConfig") or {}).get("AutoRemove")
    return _attached(there, found["Id"], asked, tty=found["Config"]["Tty"], stdin=stdin, chosen={"stdout", "stderr"},
                     ends="removed" if removed else "next-exit", begins=False)  # fmt: skip


def _attached(there: There, ident: str, asked: Asked, *, tty: bool, stdin: bool, chosen: set[str], ends: str,
              begins: bool) -> Streams:  # fmt: skip
    _life.detach_keys(asked.detach_keys)  # what is no key is said here
    query = {"stream": True, "stdin": stdin, "detachKeys": asked.detach_keys,
             "stdout": "stdout" in chosen, "stderr": "stderr" in chosen}  # fmt: skip
    answer = there.client.call("POST", container(ident, "attach"), query, b"", UPGRADE)
    waiting = Waiting(there, ident, ends)

    def resize(height: int, width: int) -> None:
        try:
            there.post(container(ident, "resize"), h=height, w=width)
        except HullError:
            return  # it has just ended, or has not begun

    def send(name: str) -> None:
        try:
            there.post(container(ident, "kill"), signal=name)
        except HullError:
            return  # likewise

    def begin() -> None:
        if not begins:
            return
        try:
            living.begin(there, (ident,))
        except HullError as error:
            error.exit_code = code_of(error)
            raise

    return Streams(answer, begin, waiting.code, tty=tty, stdin=stdin, resize=resize,
                   send=send if asked.sig_proxy else None)  # fmt: skip


class Waiting:
    """The exit code, asked for before the start: a container that removes itself leaves none to ask for later.

    Podman is asked at the end: it looks every 250 ms what a container does, and would miss a short one's end for ever.
    """

    def __init__(self, there: There, ident: str, ends: str) -> None:
        self._there = there
        self._ident = ident
        self._ends = ends
        self._asked = None if there.client.podman else self._ask({"condition": ends})

    def _ask(self, query: dict[str, str]) -> Answer:
        return self._there.client.call("POST", container(self._ident, "wait"), query)

    def code(self) -> int:
        """Return it; a container that somebody detached from goes on, and 0 is the client's."""
        answer = self._asked or self._ask({})
        while not _has_come(answer):
            if self._runs():
                answer.close()
                return 0
        found = json.loads(answer.read() or b"{}")
        error = (found.get("Error") or {}).get("Message")
        if error:
            raise HostError(str(error))
        if self._ends == BY_US:
            _discard(self._there, self._ident)
        if "StatusCode" not in found:
            raise HostError(f"the engine told no exit code of {self._ident[:12]}", "hull inspect tells what it knows")
        return int(found["StatusCode"])

    def _runs(self) -> bool:
        try:
            return bool(self._there.get(container(self._ident, "json"))["State"]["Running"])
        except Missing:  # it is being removed, and the answer is on its way
            return False


def _has_come(answer: Answer) -> bool:
    """Whether there is something to read, in a while; some of it may have come with the head."""
    file: Any = answer.response.fp
    answer.sock.setblocking(False)
    try:
        kept = bool(file is None or file.peek(1))
    except OSError:
        kept = False
    finally:
        answer.sock.setblocking(True)
    return kept or bool(select.select([answer.sock], [], [], ANSWERS)[0])

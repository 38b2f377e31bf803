"""A program of another engine in the foreground: its streams, signals, terminal and exit code are the caller's."""

from collections.abc import Generator, Iterator

from hull.commands import _flags, _life
from hull.contexts.answer import Answer
from hull.errors import HullError, UserError
from hull.light import Any
from hull.output import Piece
from hull.remote import creating, living, streams
from hull.remote.there import Asked, There, container
from hull.remote.waiting import BY_US, Waiting

UPGRADE = {"Connection": "Upgrade", "Upgrade": "tcp", "Content-Type": "text/plain"}
SWITCHED = 101  # the status of a connection that is a stream both ways


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
        feed = None
        with streams.Terminal(resize) if tty else streams.Signals(send, on=send is not None) as held:
            try:
                begin()
                if isinstance(held, streams.Terminal):
                    held.tell()
                feed = streams.Feed(answer.sock) if stdin else None
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
        living.discard(there, ident)
        error.exit_code = code_of(error)
        raise


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
            waiting.give_up()
            raise

    return Streams(answer, begin, waiting.code, tty=tty, stdin=stdin, resize=resize,
                   send=send if asked.sig_proxy else None)  # fmt: skip

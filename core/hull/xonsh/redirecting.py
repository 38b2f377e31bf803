"""`>`, `<` and their like: of a command that runs inside they mean files inside, opened there by its own user."""

from hull.light import Any, NamedTuple

WAYS = {"r": "read", "w": "write", "a": "append"}


class Redirected(NamedTuple):
    """The ops that open files inside, and the words that are left to xonsh: streams that join each other or a pipe."""

    steps: tuple[tuple[str, ...], ...]
    left: tuple[tuple[str, ...], ...]


def files(redirects: list[tuple[Any, ...]]) -> list[Any]:
    """Return the redirections that name files."""
    return [one for one in redirects if len(one) > 1]


def read(redirects: list[tuple[Any, ...]], text: Any) -> Redirected:
    """Sort redirections; `text` gives what a file's word means inside."""
    from xonsh.procs import specs
    from xonsh.tools import XonshError

    steps: list[tuple[str, ...]] = []
    taken: set[str] = set()
    for sign, *names in redirects:
        if not names:
            continue
        place = names[0]
        if isinstance(place, list):
            place = place[0] if len(place) == 1 else place
        if not isinstance(place, str):
            raise XonshError(f"hull: cannot redirect {sign} to several files: {place}")
        origin, mode, _ = specs._parse_redirects(sign)  # noqa: SLF001 (xonsh's own reading of its signs)
        for stream in _streams(specs, origin, mode):
            if stream in taken:
                raise XonshError(f"hull: cannot redirect a stream twice: {sign} {place}")
            taken.add(stream)
            first = stream == "2" and "1" in taken and origin in specs._REDIR_ALL  # noqa: SLF001
            steps.append(("stream", "2", "same", "1") if first else ("stream", stream, WAYS[mode], text(place)))
    return _merged(specs, redirects, steps, taken)


def _streams(specs: Any, origin: str, mode: str) -> tuple[str, ...]:
    if mode == "r":
        return ("0",)
    if origin in specs._REDIR_ALL:  # noqa: SLF001
        return ("1", "2")
    return ("2",) if origin in specs._REDIR_ERR else ("1",)  # noqa: SLF001


def _merged(specs: Any, redirects: list[tuple[Any, ...]], steps: list[tuple[str, ...]], taken: set[str]) -> Redirected:
    """Let a stream that joins another follow it into its file."""
    left = []
    for one in redirects:
        sign = one[0].replace("&", "")
        if len(one) > 1:
            continue
        if sign in specs._E2O_MAP and "1" in taken:  # noqa: SLF001
            steps.append(("stream", "2", "same", "1"))
        elif sign in specs._O2E_MAP and "2" in taken:  # noqa: SLF001
            steps.append(("stream", "1", "same", "2"))
        else:
            left.append(one)
    return Redirected(tuple(steps), tuple(left))

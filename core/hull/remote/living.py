"""What changes a container's state, asked of another engine."""

from hull.commands import _limits
from hull.commands._several import each
from hull.errors import HullError, Missing, Unsupported, UserError
from hull.light import Any
from hull.model import Limits
from hull.remote import since
from hull.remote.there import Asked, There, container


def stop(there: There, asked: Asked) -> list[str]:
    """Stop containers."""
    return _stopped(there, asked, "stop", asked.signal_)


def restart(there: There, asked: Asked) -> list[str]:
    """Stop and start containers."""
    return _stopped(there, asked, "restart", asked.signal)


def kill(there: There, asked: Asked) -> list[str]:
    """Send a signal."""
    return _all(there, asked.containers, "kill", signal=asked.signal)


def pause(there: There, asked: Asked) -> list[str]:
    """Hold containers still."""
    return _all(there, asked.containers, "pause")


def unpause(there: There, asked: Asked) -> list[str]:
    """Let them go on."""
    return _all(there, asked.containers, "unpause")


def begin(there: There, names: tuple[str, ...], **query: Any) -> list[str]:
    """Start containers; what runs stays as it is."""
    return _all(there, names, "start", **query)


def rm(there: There, asked: Asked) -> list[str]:
    """Remove containers; by force no complaint where there is none."""

    def one(word: str) -> list[str]:
        try:
            there.delete(container(word), force=asked.force, v=asked.volumes)
        except Missing:
            if not asked.force:
                raise
            return []
        return [word]

    return each(asked.containers, one, flat=True)


def discard(there: There, ident: str) -> None:
    """Remove what could not be used, whatever becomes of that."""
    try:
        there.delete(container(ident), force=True, v=True)
    except HullError:
        return


def rename(there: There, asked: Asked) -> None:
    """Give a container another name."""
    there.post(container(asked.container, "rename"), name=asked.name)


def wait(there: There, asked: Asked) -> list[int]:
    """Wait until containers end; return their exit codes."""
    waiting = [_wait(there, word) for word in asked.containers]  # asked at once: what removes itself leaves no code
    return each(waiting, _code)


def _wait(there: There, word: str) -> Any:
    try:
        return there.client.call("POST", container(word, "wait"))
    except UserError as error:
        return error


def _code(answer: Any) -> int:
    import json

    if isinstance(answer, UserError):
        raise answer
    return int(json.loads(answer.read())["StatusCode"])


def update(there: There, asked: Asked) -> list[str]:
    """Change limits and the restart policy."""
    said = {name: getattr(asked, name) for name in _LIMITS}
    limits = _limits.read(**said)
    if not limits.asked and asked.restart is None:
        raise UserError("cannot update: nothing to change was given", "hull update --help lists the flags")
    body = limited(limits)
    if asked.restart is not None:
        body["RestartPolicy"] = policy(asked.restart)

    def one(word: str) -> str:
        there.post(container(word, "update"), body)
        return word

    return each(asked.containers, one)


_LIMITS = (
    "memory", "memory_swap", "memory_reservation", "cpus", "cpu_shares", "cpuset_cpus", "pids_limit", "blkio_weight",
)  # fmt: skip


def limited(limits: Limits) -> dict[str, Any]:
    """Return limits as HostConfig's fields, those alone that were asked."""
    fields = {
        "Memory": limits.memory,
        "MemorySwap": limits.memory_swap,
        "MemoryReservation": limits.reservation,
        "NanoCpus": None if limits.cpus is None else round(limits.cpus * 1e9),
        "CpuShares": limits.shares,
        "CpusetCpus": limits.cpuset,
        "PidsLimit": limits.pids,
        "BlkioWeight": limits.block_weight,
        "OomScoreAdj": limits.oom_score,
        **_rates(limits.devices),
    }
    return {key: value for key, value in fields.items() if value is not None}


def _rates(words: tuple[str, ...]) -> dict[str, Any]:
    names = {"rbps": "BlkioDeviceReadBps", "wbps": "BlkioDeviceWriteBps", "riops": "BlkioDeviceReadIOps",
             "wiops": "BlkioDeviceWriteIOps"}  # fmt: skip
    found: dict[str, Any] = {}
    for word in words:
        kind, path, rate = word.split(" ")
        found.setdefault(names[kind], []).append({"Path": path, "Rate": int(rate)})
    return found


def policy(text: str) -> dict[str, Any]:
    """Return a restart policy as the API writes it."""
    name, _, most = text.partition(":")
    return {"Name": name, "MaximumRetryCount": int(most or 0)}


def _all(there: There, names: tuple[str, ...], action: str, **query: Any) -> list[str]:
    def one(word: str) -> str:
        there.post(container(word, action), **query)
        return word

    return each(names, one)


def _stopped(there: There, asked: Asked, action: str, signal: str | None) -> list[str]:
    if signal:
        since.check(there, "--signal", "1.42")
    return _all(there, asked.containers, action, t=_whole(asked.time), signal=signal)


def _whole(time: float | None) -> str | None:
    """Return seconds as the API takes them: whole ones."""
    if time is None:
        return None
    if time != int(time):
        raise Unsupported(f"cannot wait {time} seconds there: the API counts whole ones", f"-t {int(time) + 1}")
    return str(int(time))

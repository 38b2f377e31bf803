"""Limits as the files of a control group, each value read back. Source: the kernel's cgroup-v2.rst.

Docker's weights are those of cgroup v1; they become v2's by the formulas that runc documents.
"""

import os

from hull.errors import HostError, UserError
from hull.model import Limits

PERIOD = 100_000  # microseconds
WEIGHT, BFQ_WEIGHT, RATES = "io.weight", "io.bfq.weight", "io.max"


def settings(limits: Limits) -> dict[str, str]:
    """Return control files and their values; of `io.max`, a line a disk. What cannot be is the user's error."""
    wanted = _memory(limits)
    if limits.cpus is not None:
        if limits.cpus < 0.01:  # noqa: PLR2004 (the kernel's smallest quota, 1 ms)
            raise UserError(f"cannot limit to {limits.cpus} processors", "the least is --cpus 0.01")
        wanted["cpu.max"] = f"{int(limits.cpus * PERIOD)} {PERIOD}"
    if limits.shares is not None:
        wanted["cpu.weight"] = str(1 + (limits.shares - 2) * 9999 // 262_142)
    if limits.pids is not None:
        wanted["pids.max"] = str(limits.pids) if limits.pids > 0 else "max"
    if limits.cpuset is not None:
        wanted["cpuset.cpus"] = limits.cpuset
    if limits.block_weight is not None:
        wanted[WEIGHT] = str(1 + (limits.block_weight - 10) * 9999 // 990)
    if limits.devices:
        wanted[RATES] = _rates(limits.devices)
    return wanted


def _memory(limits: Limits) -> dict[str, str]:
    """Return memory's files. Without --memory-swap, as much swap as memory, as Docker's rule is."""
    wanted: dict[str, str] = {}
    if limits.memory_swap is not None and limits.memory is None:
        raise UserError("cannot limit swap alone", "give --memory too")
    if limits.memory is not None:
        wanted["memory.max"] = str(limits.memory)
        total = limits.memory_swap if limits.memory_swap is not None else 2 * limits.memory
        if 0 <= total < limits.memory:
            raise UserError("cannot limit memory and swap together below memory", "raise --memory-swap")
        wanted["memory.swap.max"] = "max" if total < 0 else str(total - limits.memory)
    if limits.reservation is not None:
        if limits.memory is not None and limits.reservation > limits.memory:
            raise UserError("cannot reserve more memory than the limit", "lower --memory-reservation")
        wanted["memory.low"] = str(limits.reservation)
    return wanted


def _rates(words: tuple[str, ...]) -> str:
    lines: dict[str, list[str]] = {}
    for word in words:
        key, path, rate = word.split(" ")
        lines.setdefault(_disk(path), []).append(f"{key}={rate if rate != '0' else 'max'}")
    return "\n".join(f"{number} {' '.join(pairs)}" for number, pairs in lines.items())


def _disk(path: str) -> str:
    """Return MAJOR:MINOR of the disk at `path`; a partition's rates are its disk's."""
    import stat

    try:
        found = os.stat(path)
    except OSError as error:
        raise UserError(f"cannot limit the rate of {path}: {error.strerror}", "lsblk lists the disks") from None
    if not stat.S_ISBLK(found.st_mode):
        raise UserError(f"cannot limit the rate of {path}: it is no disk", "lsblk lists the disks")
    number = f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    above = f"/sys/dev/block/{number}"
    return read(f"{above}/../dev").strip() if os.path.exists(f"{above}/partition") else number


def put(group: str, wanted: dict[str, str], limits: Limits) -> None:
    """Write every value and read it back."""
    for name, value in wanted.items():
        if name == "memory.swap.max" and limits.memory_swap is None and not os.path.exists(f"{group}/{name}"):
            continue  # a kernel that does not account swap, and nobody asked it to
        if name == WEIGHT and not os.path.exists(f"{group}/{name}"):
            _set(group, BFQ_WEIGHT, str(limits.block_weight))
        elif name == RATES:
            for line in value.split("\n"):
                _set_rate(group, line)
        else:
            _set(group, name, value)


def kept(group: str, wanted: dict[str, str]) -> dict[str, str]:
    """Return what the files of `wanted` hold now, for `restore`."""
    found = {}
    for name, value in wanted.items():
        place = BFQ_WEIGHT if name == WEIGHT and not os.path.exists(f"{group}/{name}") else name
        if os.path.exists(f"{group}/{place}"):
            found[place] = read(f"{group}/{place}").rstrip("\n")
        if name == RATES:  # a disk without a line has no limit
            free = [f"{line.split()[0]} rbps=max wbps=max riops=max wiops=max" for line in value.split("\n")]
            found[name] = "\n".join([*free, *filter(None, [found.get(name, "")])])
    return found


def restore(group: str, before: dict[str, str]) -> None:
    """Write back what `kept` returned, as far as the kernel takes it."""
    for name, text in before.items():
        for line in text.split("\n"):
            try:
                write(f"{group}/{name}", line or "\n")
            except OSError:
                continue


def _set(group: str, name: str, value: str) -> None:
    """Write one file and read it back; the kernel may round memory down to its page."""
    found = _put(group, name, value).strip()
    if name in (WEIGHT, BFQ_WEIGHT):
        found = found.partition("\n")[0].removeprefix("default ")
    page = os.sysconf("SC_PAGE_SIZE")
    rounded = (
        found.isdecimal() and value.isdecimal() and name.startswith("memory.") and 0 <= int(value) - int(found) < page
    )
    if found != value and not rounded and not (name == "cpuset.cpus" and found):
        raise HostError(f"cannot set {name}: it was set to {value} and reads {found}", f"see {group}")


def _set_rate(group: str, line: str) -> None:
    number, *pairs = line.split()
    found = [text.split() for text in _put(group, RATES, line).splitlines()]
    inside = next((words[1:] for words in found if words[0] == number), [])
    odd = [pair for pair in pairs if pair not in inside and not pair.endswith("=max")]
    if odd:
        raise HostError(f"cannot set {RATES} of {number}: {odd[0]} does not read back", f"see {group}")


def _put(group: str, name: str, value: str) -> str:
    path = f"{group}/{name}"
    try:
        write(path, value)
        return read(path)
    except OSError as error:
        raise HostError(f"cannot set {name} to {value}: {error.strerror}", f"see {group}") from None


def write(path: str, text: str) -> None:
    """Write to a file that exists: a control file is never made."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def read(path: str) -> str:
    """Return a file's text, "" where there is none."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except FileNotFoundError:
        return ""

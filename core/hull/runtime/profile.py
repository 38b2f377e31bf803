"""Docker's seccomp profile, a JSON file, made into a filter (`--security-opt seccomp=FILE`).

Stricter than libseccomp where the two could differ: of several rules that match a call the most restrictive decides. As
runc does, calls newer than every one the profile names are ENOSYS when its default refuses.
"""

import os
from errno import ENOSYS, EPERM

from hull.errors import UserError
from hull.light import Any
from hull.runtime import bpf, seccomp, syscalls
from hull.runtime.bpf import Condition, Rule

MAX_BYTES = 4 << 20
_ACTIONS = {
    "SCMP_ACT_KILL": bpf.KILL_THREAD,
    "SCMP_ACT_KILL_THREAD": bpf.KILL_THREAD,
    "SCMP_ACT_KILL_PROCESS": bpf.KILL_PROCESS,
    "SCMP_ACT_TRAP": bpf.TRAP,
    "SCMP_ACT_ERRNO": bpf.ERRNO,
    "SCMP_ACT_TRACE": bpf.TRACE,
    "SCMP_ACT_LOG": bpf.LOG,
    "SCMP_ACT_ALLOW": bpf.ALLOW,
}
_OPERATORS = {
    "SCMP_CMP_EQ": "==",
    "SCMP_CMP_NE": "!=",
    "SCMP_CMP_LT": "<",
    "SCMP_CMP_LE": "<=",
    "SCMP_CMP_GT": ">",
    "SCMP_CMP_GE": ">=",
    "SCMP_CMP_MASKED_EQ": "&=",
}
_ARCHITECTURES = {  # Docker's name in includes, libseccomp's in architectures
    syscalls.AUDIT_X86_64: ("amd64", "SCMP_ARCH_X86_64"),
    syscalls.AUDIT_I386: ("x86", "SCMP_ARCH_X86"),
    syscalls.AUDIT_AARCH64: ("arm64", "SCMP_ARCH_AARCH64"),
}


def build(path: str, capabilities: frozenset[str], machine: str = "") -> str:
    """Return the filter of the profile at `path`, or of one that is JSON itself, as Docker's client sends it.

    Anything in it that cannot be put in force is an error.
    """
    if path.startswith("{"):
        profile, path = _parse(path.encode("utf-8", "surrogateescape"), "given"), "given"
    else:
        profile = _read(path)
    try:
        return _translate(profile, capabilities, machine or os.uname().machine)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise UserError(
            f"cannot use the seccomp profile {path}: {error!r}", "check it against Docker's format"
        ) from None


def _read(path: str) -> Any:
    try:
        with open(path, "rb") as file:
            return _parse(file.read(MAX_BYTES + 1), path)
    except OSError as error:
        raise UserError(
            f"cannot read the seccomp profile {path}: {error.strerror}", "give the path of a file"
        ) from None


def _parse(data: bytes, path: str) -> Any:
    import json

    if len(data) > MAX_BYTES:
        raise UserError(f"cannot read the seccomp profile {path}: it is over 4 MiB")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UserError(f"cannot read the seccomp profile {path}: {error}", "it must be JSON") from None


def _translate(profile: dict[str, Any], capabilities: frozenset[str], machine: str) -> str:
    if profile.get("listenerPath") or profile.get("flags"):
        raise ValueError("listenerPath and flags are not supported")
    default = _action(profile["defaultAction"], profile.get("defaultErrnoRet"))
    listed = _listed(profile)
    native, *others = syscalls.architectures(machine) or (0,)
    entries = [e for e in profile.get("syscalls") or () if _applies(e, native, capabilities)]
    blocks = {}
    for arch in (native, *(a for a in others if a in _ARCHITECTURES and _ARCHITECTURES[a][1] in listed)):
        blocks[arch] = bpf.block(*_verdicts(entries, arch, default))
    _check_names(entries, set(blocks), default)
    return seccomp.assemble(blocks, bpf.ERRNO | ENOSYS)


def _listed(profile: dict[str, Any]) -> set[str]:
    """Return libseccomp's names of every architecture the profile speaks of."""
    listed = set(profile.get("architectures") or ())
    for entry in profile.get("archMap") or ():
        listed |= {entry["architecture"], *(entry.get("subArchitectures") or ())}
    return listed


def _action(word: str, number: int | None) -> int:
    if word not in _ACTIONS:
        raise ValueError(f"unknown action {word}")
    action = _ACTIONS[word]
    if action in (bpf.ERRNO, bpf.TRACE):
        action |= (EPERM if number is None else int(number)) & 0xFFFF
    return action


def _applies(entry: dict[str, Any], native: int, capabilities: frozenset[str]) -> bool:
    includes, excludes = entry.get("includes") or {}, entry.get("excludes") or {}
    name = _ARCHITECTURES[native][0]
    if any(cap in capabilities for cap in excludes.get("caps") or ()) or name in (excludes.get("arches") or ()):
        return False
    if excludes.get("minKernel") and _kernel_is(excludes["minKernel"]):
        return False
    if includes.get("arches") and name not in includes["arches"]:
        return False
    if includes.get("minKernel") and not _kernel_is(includes["minKernel"]):
        return False
    return all(cap in capabilities for cap in includes.get("caps") or ())


def _kernel_is(version: str) -> bool:
    """Whether the running kernel is at least `version`: Docker's format asks for numbers, so numbers it is."""
    major, minor = os.uname().release.split(".")[:2]
    asked = [int(part) for part in version.split(".")[:2]]
    return (int(major), int(minor.split("-")[0])) >= (asked[0], asked[1])


def _names(entry: dict[str, Any]) -> list[str]:
    return [*(entry.get("names") or ()), *([entry["name"]] if entry.get("name") else [])]


def _verdicts(entries: list[dict[str, Any]], arch: int, default: int) -> tuple[dict[int, bpf.Rules], int]:
    """Return the rules by number, and the verdict of numbers that have none."""
    numbers = {name: number for number, name in syscalls.numbers(arch).items()}
    found: dict[int, list[Rule]] = {}
    for entry in entries:
        rules = _entry_rules(entry)
        for name in _names(entry):
            if name in numbers:
                found.setdefault(numbers[name], []).extend(rules)
    refuses = (default & 0xFFFF0000) not in (bpf.ALLOW, bpf.LOG, bpf.TRACE)
    newest = max(found, default=0) if refuses else max(numbers.values())
    verdicts: dict[int, bpf.Rules] = {number: (Rule(default),) for number in range(newest + 1)}
    for number, rules in found.items():
        verdicts[number] = (*sorted(rules, key=lambda rule: _strictness(rule.action)), Rule(default))
    return verdicts, bpf.ERRNO | ENOSYS if refuses else default


def _strictness(action: int) -> int:
    """Return the kernel's own order: the action read as a signed number, the least is the strictest."""
    return (action & 0xFFFF0000) - ((action & 0x80000000) << 1)


def _entry_rules(entry: dict[str, Any]) -> list[Rule]:
    """Return one rule, or one a condition where an argument is named twice: these are alternatives, as in runc."""
    action = _action(entry["action"], entry.get("errnoRet"))
    conditions = []
    for arg in entry.get("args") or ():
        op, value, datum = _OPERATORS[arg["op"]], int(arg["value"]), int(arg.get("valueTwo") or 0)
        if arg["index"] not in range(6) or value not in range(1 << 64) or datum not in range(1 << 64):
            raise ValueError(f"argument {arg} of {', '.join(_names(entry))}")
        conditions.append(Condition(arg["index"], op, value, datum, wide=True))
    if len({c.argument for c in conditions}) < len(conditions):
        return [Rule(action, (condition,)) for condition in conditions]
    return [Rule(action, tuple(conditions))]


def _check_names(entries: list[dict[str, Any]], archs: set[int], default: int) -> None:
    """Refuse a profile that forbids a call this hull has no number for: it would be let through."""
    known = {name for arch in archs for name in syscalls.numbers(arch).values()}
    for entry in entries:
        if _strictness(_action(entry["action"], None)) < _strictness(default):
            unknown = sorted(set(_names(entry)) - known)
            if unknown:
                raise ValueError(f"no such system call here: {', '.join(unknown)}")

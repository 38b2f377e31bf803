"""What a program is told where only one id is mapped: chown, setuid, setgroups and mknod of devices "work".

Package managers give files to ids that do not exist in such a map and stop at the first EINVAL. A call whose ids are
the mapped one or -1 (leave alone) is real; any other returns 0 and does nothing. Nothing is gained by it: the program
keeps the only ids it has. A program that verifies the change (apt's sandbox user) sees the truth and must be told not
to change; capset is real, since giving capabilities up works and must not be pretended.
"""

from hull.runtime import syscalls
from hull.runtime.bpf import ALLOW, ERRNO, Condition, Rule, Rules

# The arguments that hold ids: u a user's, g a group's, - neither.
_IDS = {
    "chown": "-ug",
    "lchown": "-ug",
    "fchown": "-ug",
    "fchownat": "--ug",
    "setuid": "u",
    "setgid": "g",
    "setreuid": "uu",
    "setregid": "gg",
    "setresuid": "uuu",
    "setresgid": "ggg",
    "setfsuid": "u",
    "setfsgid": "g",
}
_MODE_ARGUMENT = {"mknod": 1, "mknodat": 2}
_S_IFMT, _S_IFCHR, _S_IFBLK = 0o170000, 0o020000, 0o060000
_UNCHANGED = 0xFFFFFFFF
_DONE = ERRNO  # with errno 0 the call returns 0


def rules(arch: int, uid: int, gid: int) -> dict[int, Rules]:
    """Return what is faked on an AUDIT_ architecture by call number; `uid` and `gid` are the mapped ids, as inside."""
    found: dict[int, Rules] = {}
    for number, name in syscalls.numbers(arch).items():
        plain = name.removesuffix("32")  # 32-bit x86 has two of each, the older with 16-bit ids
        if plain in _IDS:
            found[number] = _unless_mapped(_IDS[plain], uid, gid)
        elif plain == "setgroups":
            found[number] = (Rule(_DONE),)
        elif name in _MODE_ARGUMENT:
            found[number] = _unless_node(_MODE_ARGUMENT[name])
    return found


def _unless_mapped(kinds: str, uid: int, gid: int) -> Rules:
    refused = []
    for index, kind in enumerate(kinds):
        if kind != "-":
            mapped = uid if kind == "u" else gid
            refused.append(Rule(_DONE, (Condition(index, "!=", mapped), Condition(index, "!=", _UNCHANGED))))
    return (*refused, Rule(ALLOW))


def _unless_node(mode: int) -> Rules:
    """Fake device nodes; the character device 0:0 is real, it is overlayfs' whiteout and allowed to everyone."""
    device = Condition(mode + 1, "!=", 0)
    return (
        Rule(_DONE, (Condition(mode, "&=", _S_IFMT, _S_IFCHR), device)),
        Rule(_DONE, (Condition(mode, "&=", _S_IFMT, _S_IFBLK),)),
        Rule(ALLOW),
    )

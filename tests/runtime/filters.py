"""Run a filter: read its instructions in Python for any architecture, or load it in a child for this kernel's word."""

import ctypes
import errno
import json
import os
import struct
from collections.abc import Callable
from typing import Any

ALLOW = "allow"
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, MODE_FILTER = 22, 38, 2


def verdict(filter_hex: str, arch: int, number: int, *args: int) -> str:
    """Return what the filter says of one call: allow, an errno's name, or the action in hex."""
    code = list(struct.iter_unpack("=HBBI", bytes.fromhex(filter_hex)))
    data = struct.pack("=IIQ6Q", number, arch, 0, *(*args, 0, 0, 0, 0, 0, 0)[:6])
    value = at = 0
    while True:
        word, yes, no, operand = code[at]
        at += 1
        if word == 0x20:
            value = struct.unpack_from("=I", data, operand)[0]
        elif word == 0x54:
            value &= operand
        elif word == 0x05:
            at += operand
        elif word == 0x06:
            return _name(operand)
        else:
            test = {0x15: value == operand, 0x25: value > operand, 0x35: value >= operand}[word]
            at += yes if test else no


def _name(action: int) -> str:
    if action == 0x7FFF0000:
        return ALLOW
    if action & 0xFFFF0000 == 0x00050000:
        return errno.errorcode.get(action & 0xFFFF, "done")
    return f"{action:#x}"


class Filter(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *args: int | bytes | None) -> str:
    """Make one call; return `ok` or the errno's name."""
    values = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    if libc.syscall(ctypes.c_long(number), *values) >= 0:
        return "ok"
    return errno.errorcode[ctypes.get_errno()]


def under(filters: tuple[str, ...], body: Callable[[], Any]) -> Any:
    """Return what `body` returns (JSON types) in a child that has loaded the filters in this order."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            load(filters)
            os.write(writing, json.dumps(body()).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        data = answer.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status:#x}"
    return json.loads(data)


def load(filters: tuple[str, ...]) -> None:
    """Confine the calling process for good."""
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    for text in filters:
        code = bytes.fromhex(text)
        done = libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(Filter(len(code) // 8, code)), 0, 0)
        assert done == 0, os.strerror(ctypes.get_errno())

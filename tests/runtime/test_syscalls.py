import re

import pytest
from hull.runtime import syscalls

HEADERS = "/usr/include/x86_64-linux-gnu/asm"


@pytest.mark.parametrize(("name", "arch"), [("64", syscalls.AUDIT_X86_64), ("32", syscalls.AUDIT_I386)])
def test_tables_agree_with_the_kernel_headers(name, arch):
    try:
        with open(f"{HEADERS}/unistd_{name}.h") as file:
            found = re.findall(r"#define __NR_(\w+) (\d+)\n", file.read())
    except FileNotFoundError:
        pytest.skip(f"no kernel headers in {HEADERS}")
    ours = syscalls.numbers(arch)
    last = max(ours)
    theirs = {int(number): word for word, number in found if int(number) <= last}
    beyond = {n: w for n, w in ours.items() if n not in theirs and n <= max(theirs)}
    assert {n: w for n, w in theirs.items() if ours.get(n) != w} == {}
    assert set(beyond.values()) <= {"uretprobe"}


@pytest.mark.parametrize(
    ("arch", "known"),
    [
        (syscalls.AUDIT_X86_64, {"read": 0, "rseq": 334, "uretprobe": 335, "clone3": 435, "removexattrat": 466}),
        (syscalls.AUDIT_I386, {"exit": 1, "rseq": 386, "semget": 393, "futex_time64": 422, "clone3": 435}),
        (syscalls.AUDIT_AARCH64, {"io_setup": 0, "openat": 56, "wait4": 260, "rseq": 293, "mseal": 462}),
    ],
)
def test_numbers_after_gaps(arch, known):
    numbers = {name: number for number, name in syscalls.numbers(arch).items()}
    assert {name: numbers.get(name) for name in known} == known


def test_an_architecture_that_is_refused_whole_has_no_table():
    assert syscalls.numbers(syscalls.AUDIT_ARM) == {}
    assert syscalls.AUDIT_ARM in syscalls.architectures("aarch64")
    assert syscalls.architectures("vax") == ()

"""Classic BPF for seccomp: rules by system call number become a struct sock_filter[].

Theory of operation: one block an architecture; in a block, numbers of equal verdict are merged into ranges and found by
binary search, so a call costs about eight comparisons, and the kernel's own cache of constant verdicts none.
Conditional jumps reach 255 instructions: longer ones go through an unconditional jump.
"""

from collections.abc import Mapping, Sequence

from hull.errors import Bug
from hull.light import NamedTuple

ALLOW = 0x7FFF0000
LOG = 0x7FFC0000
TRACE = 0x7FF00000
ERRNO = 0x00050000
TRAP = 0x00030000
KILL_THREAD = 0x00000000
KILL_PROCESS = 0x80000000

MAX_INSTRUCTIONS = 4096
_REACH = 0xFF
_LOAD, _AND, _JUMP, _EQUAL, _GREATER, _AT_LEAST, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x25, 0x35, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_NEXT, _PASS, _FAIL = 0, 1, 2

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


class Condition(NamedTuple):
    """A comparison of one argument: == != < <= > >=, or &= (argument & value == datum).

    `wide` compares 64 bits. The kernel reads an `int` argument's low half only, so comparing more lets a program
    pass by setting bits that nobody reads (CVE-2019-10063).
    """

    argument: int
    op: str
    value: int
    datum: int = 0
    wide: bool = False


class Rule(NamedTuple):
    """What to do when every condition holds."""

    action: int
    conditions: tuple[Condition, ...] = ()


Rules = tuple[Rule, ...]


def block(verdicts: Mapping[int, Rules], default: int) -> list[Instruction]:
    """Return the search of one architecture's numbers: a number's first rule that matches decides, else default."""
    leaves: list[tuple[int, list[Instruction]]] = [(0, [(_RETURN, 0, 0, default)])]
    compiled: dict[Rules, list[Instruction]] = {(): leaves[0][1]}
    expected = 0
    for number in sorted(verdicts):
        rules = verdicts[number]
        code = compiled.get(rules) or compiled.setdefault(rules, _leaf(rules, default))
        if number > expected and leaves[-1][1] is not compiled[()]:
            leaves.append((expected, compiled[()]))
        if code is not leaves[-1][1]:
            leaves.append((number, code))
        expected = number + 1
    if leaves[-1][1] is not compiled[()]:
        leaves.append((expected, compiled[()]))
    if len(leaves) > 1 and leaves[1][0] == 0:
        del leaves[0]
    return [(_LOAD, 0, 0, _NUMBER), *_search(leaves)]


def program(blocks: Sequence[tuple[int, list[Instruction]]], default: int) -> list[Instruction]:
    """Return a filter that picks the block of the caller's architecture; `default` where it has none."""
    code: list[Instruction] = [(_RETURN, 0, 0, default)]
    for arch, instructions in reversed(blocks):
        code = [(_EQUAL, 1, 0, arch), (_JUMP, 0, 0, len(instructions)), *instructions, *code]
    return [(_LOAD, 0, 0, _ARCH), *code]


def encode(code: Sequence[Instruction]) -> str:
    """Return the hex of a struct sock_filter[] in this machine's byte order."""
    from struct import pack

    if len(code) > MAX_INSTRUCTIONS:
        raise Bug(f"cannot encode a seccomp filter of {len(code)} instructions: the kernel takes {MAX_INSTRUCTIONS}")
    return pack("=" + "HBBI" * len(code), *(field for instruction in code for field in instruction)).hex()


def _search(leaves: Sequence[tuple[int, list[Instruction]]]) -> list[Instruction]:
    if len(leaves) == 1:
        return leaves[0][1]
    middle = len(leaves) // 2
    low, high = _search(leaves[:middle]), _search(leaves[middle:])
    pivot = leaves[middle][0]
    if len(low) <= _REACH:
        return [(_AT_LEAST, len(low), 0, pivot), *low, *high]
    return [(_AT_LEAST, 0, 1, pivot), (_JUMP, 0, 0, len(low)), *low, *high]


def _leaf(rules: Rules, default: int) -> list[Instruction]:
    code: list[Instruction] = []
    for rule in rules:
        code += _rule(rule)
        if not rule.conditions:
            return code
    return [*code, (_RETURN, 0, 0, default)]


def _rule(rule: Rule) -> list[Instruction]:
    tests = [_compare(condition) for condition in rule.conditions]
    failed = sum(len(test) for test in tests) + 1
    code: list[Instruction] = []
    for test in tests:
        passed = len(code) + len(test)
        for word, yes, no, operand in test:
            here = len(code) + 1
            targets = (here, passed, failed)
            code.append((word, targets[yes] - here, targets[no] - here, operand))
    return [*code, (_RETURN, 0, 0, rule.action)]


def _compare(condition: Condition) -> list[Instruction]:
    """Return one comparison, its jumps named _NEXT, _PASS and _FAIL instead of measured."""
    argument, op, value, datum, wide = condition
    low: Instruction = (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)
    high: Instruction = (_LOAD, 0, 0, _ARGUMENTS + 8 * argument + 4)
    below, above = value & 0xFFFFFFFF, value >> 32
    if op == "&=":
        test = [high, (_AND, 0, 0, above), (_EQUAL, _NEXT, _FAIL, datum >> 32)] if wide else []
        return [*test, low, (_AND, 0, 0, below), (_EQUAL, _PASS, _FAIL, datum & 0xFFFFFFFF)]
    yes, no = (_PASS, _FAIL) if op in ("==", ">", ">=") else (_FAIL, _PASS)
    if op in ("==", "!="):
        test = [high, (_EQUAL, _NEXT, no, above)] if wide else []
        return [*test, low, (_EQUAL, yes, no, below)]
    test = [high, (_GREATER, yes, _NEXT, above), (_EQUAL, _NEXT, no, above)] if wide else []
    return [*test, low, (_GREATER if op in (">", "<=") else _AT_LEAST, yes, no, below)]

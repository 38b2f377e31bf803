"""Classic BPF for seccomp: rules by system call number become a struct sock_filter[].

Theory of operation: one block an architecture; in a block, numbers of equal verdict are merged into ranges and found by
binary search, so a call costs about eight comparisons, and the kernel's own cache of constant verdicts none. The search
comes first, the verdicts behind it, each once: the kernel translates every instruction at every start, 0.2 µs apiece.
Conditional jumps reach 255 instructions: where a verdict is farther, it is written again or jumped to in two steps.
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
    return [(_LOAD, 0, 0, _NUMBER), *_Search(leaves).code()]


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


class _Search:
    """One block's search, written from its end: what lies ahead of a jump is then known, and its length.

    A place is the number of instructions behind it, its own included.
    """

    def __init__(self, leaves: Sequence[tuple[int, list[Instruction]]]) -> None:
        self._leaves = leaves
        self._backwards: list[Instruction] = []
        self._places: dict[int, int] = {}

    def code(self) -> list[Instruction]:
        for _, leaf in sorted(self._leaves, key=lambda pair: len(pair[1]), reverse=True):
            if id(leaf) not in self._places:
                self._write(leaf)
        entry = self._among(0, len(self._leaves))
        if entry != len(self._backwards):
            self._backwards.append((_JUMP, 0, 0, len(self._backwards) - entry))
        return self._backwards[::-1]

    def _among(self, first: int, last: int) -> int:
        """Write the search of these leaves and return its place."""
        if last - first == 1:
            return self._near(self._leaves[first][1])
        middle = (first + last) // 2
        above = self._among(middle, last)
        below = self._among(first, middle)
        here = len(self._backwards)
        if here + 1 - above > _REACH:
            above = self._reach(above, middle, last)
        if here + 1 - below > _REACH:
            below = self._reach(below, first, middle)
        here = len(self._backwards)
        self._backwards.append((_AT_LEAST, here - above, here - below, self._leaves[middle][0]))
        return here + 1

    def _near(self, leaf: list[Instruction]) -> int:
        place = self._places[id(leaf)]
        return self._write(leaf) if len(leaf) == 1 and len(self._backwards) + 1 - place > _REACH else place

    def _reach(self, place: int, first: int, last: int) -> int:
        """Bring a far place near: a lone verdict is written again, all else jumped to."""
        if last - first == 1:
            place = self._near(self._leaves[first][1])
            if len(self._backwards) + 1 - place <= _REACH:
                return place
        self._backwards.append((_JUMP, 0, 0, len(self._backwards) - place))
        return len(self._backwards)

    def _write(self, leaf: list[Instruction]) -> int:
        self._backwards += leaf[::-1]
        self._places[id(leaf)] = len(self._backwards)
        return len(self._backwards)


def _leaf(rules: Rules, default: int) -> list[Instruction]:
    code: list[Instruction] = []
    for rule in rules:
        code += _rule(rule)
        if not rule.conditions:
            return code
    return [*code, (_RETURN, 0, 0, default)]


def _rule(rule: Rule) -> list[Instruction]:
    tests: list[list[Instruction]] = []
    loaded: Instruction | None = None
    for condition in rule.conditions:
        test = _compare(condition)
        tests.append(test[1:] if test[0] == loaded else test)
        loaded = test[0] if len(test) == len((_LOAD, _EQUAL)) else None
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

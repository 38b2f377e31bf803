import pytest
from hull.errors import Bug
from hull.runtime import bpf
from hull.runtime.bpf import ALLOW, ERRNO, Condition, Rule

from tests.runtime.filters import verdict

ARCH = 7
COMPARE = {
    "==": lambda a, v, _: a == v,
    "!=": lambda a, v, _: a != v,
    "<": lambda a, v, _: a < v,
    "<=": lambda a, v, _: a <= v,
    ">": lambda a, v, _: a > v,
    ">=": lambda a, v, _: a >= v,
    "&=": lambda a, v, d: a & v == d,
}
EDGES = (0, 1, 5, 6, 7, 0xFFFFFFFF, 0x100000000, 0x100000005, 0x500000000, 0x600000006, 0xFFFFFFFFFFFFFFFF)


def compile_one(*rules, default=ERRNO | 1):
    return bpf.encode(bpf.program([(ARCH, bpf.block({3: rules}, default))], ERRNO | 38))


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("op", COMPARE)
def test_conditions_compare_as_their_operator_says(op, wide):
    for value in EDGES:
        datum = value & 5
        limit = value if wide else value & 0xFFFFFFFF
        code = compile_one(Rule(ALLOW, (Condition(2, op, limit, datum, wide=wide),)))
        for arg in EDGES:
            seen = arg if wide else arg & 0xFFFFFFFF
            expected = "allow" if COMPARE[op](seen, limit, datum) else "EPERM"
            assert verdict(code, ARCH, 3, 9, 9, arg) == expected, (op, hex(value), hex(arg))


def test_every_condition_of_a_rule_must_hold_and_the_first_rule_decides():
    both = Rule(ERRNO | 13, (Condition(0, "==", 1), Condition(1, ">", 4)))
    code = compile_one(both, Rule(ERRNO | 22, (Condition(0, "==", 1),)), Rule(ALLOW))
    assert verdict(code, ARCH, 3, 1, 5) == "EACCES"
    assert verdict(code, ARCH, 3, 1, 4) == "EINVAL"
    assert verdict(code, ARCH, 3, 2, 5) == "allow"


@pytest.mark.parametrize("step", [1, 2, 3])
def test_search_finds_every_number_across_long_jumps(step):
    verdicts = {n: (Rule(ERRNO | (n % 100 + 1)),) for n in range(0, 1200, step)}
    code = bpf.encode(bpf.program([(1, bpf.block({}, ERRNO | 1)), (ARCH, bpf.block(verdicts, ALLOW))], ERRNO | 38))
    for n in range(1300):
        got = verdict(code, ARCH, n)
        expected = verdict(compile_one(*verdicts.get(n, (Rule(ALLOW),))), ARCH, 3)
        assert got == expected, n
    assert verdict(code, ARCH, 0xFFFFFFFF) == "allow"
    assert verdict(code, 1, 5) == "EPERM"


def test_long_verdicts_of_many_kinds_are_found_across_long_jumps():
    def rules(n):
        if n % 3:
            return (Rule(ALLOW),)
        return (Rule(ERRNO | (n % 100 + 1), (Condition(0, "==", n), Condition(0, "!=", 0xFFFFFFFF))), Rule(ALLOW))

    verdicts = {n: rules(n) for n in range(600)}
    code = bpf.encode(bpf.program([(ARCH, bpf.block(verdicts, ERRNO | 38))], ERRNO | 38))
    for n in range(600):
        for argument in (n, n + 1):
            assert verdict(code, ARCH, n, argument) == verdict(compile_one(*rules(n)), ARCH, 3, argument), n
    assert verdict(code, ARCH, 600) == "ENOSYS"


def test_a_verdict_is_written_once_within_reach():
    alternating = {n: (Rule(ALLOW),) for n in range(0, 100, 2)}
    code = bpf.block(alternating, ERRNO | 1)
    assert len(code) == 1 + 99 + 2, "one load, a comparison between neighbours, two verdicts"


def test_an_architecture_without_a_block_gets_the_default():
    assert verdict(compile_one(Rule(ALLOW)), ARCH + 1, 3) == "ENOSYS"


def test_a_filter_the_kernel_would_not_take_is_refused():
    with pytest.raises(Bug, match="4097 instructions"):
        bpf.encode([(0x06, 0, 0, 0)] * 4097)

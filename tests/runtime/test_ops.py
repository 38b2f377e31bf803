"""The plan's words are the launcher's words: same names, same order, same number of arguments, same stage."""

import os
import re

import hull.runtime
from hull.runtime.ops import OPS

LAUNCHER = os.path.join(os.path.dirname(hull.runtime.__file__), "launcher")
ROW = re.compile(r'^\s*\{"([a-z-]+)", (\d), STAGE_([A-Z]+)\},$', re.MULTILINE)


def _read(name: str) -> str:
    with open(os.path.join(LAUNCHER, name), encoding="utf-8") as file:
        return file.read()


def test_the_launchers_table_is_ours() -> None:
    table = [(word, int(count), stage.lower()) for word, count, stage in ROW.findall(_read("plan.c"))]
    assert table == [(word, len(op.arguments), op.stage) for word, op in OPS.items()]


def test_its_enum_follows_its_table() -> None:
    listed = re.search(r"enum word \{(.*?)W_COUNT", _read("hull.h"), re.DOTALL)
    assert listed
    assert re.findall(r"W_([A-Z_]+)", listed.group(1)) == [word.upper().replace("-", "_") for word in OPS]


def test_every_op_reads_as_a_sentence_of_its_arguments() -> None:
    for word, op in OPS.items():
        assert op.text.format(*(f"<{n}>" for n in op.arguments)), word

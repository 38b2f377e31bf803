"""The fuzzer of the plan's reader begins with every op there is."""

import subprocess

from hull.runtime import ops

from tests.launcher.conftest import Box
from tests.launcher.fuzz import seeds


def test_every_op_is_in_dictionary_and_seeds() -> None:
    lines = seeds.dictionary().splitlines()
    plans = seeds.plans()
    for word, row in ops.OPS.items():
        assert f'"{word}\\x00"' in lines
        words = plans[word].split(b"\0")[2:-2]
        assert words.count(word.encode()) == len(seeds.VALUES)
        assert len(words) == len(seeds.VALUES) * (len(row.arguments) + 1)
        assert word.encode() in plans["all"].split(b"\0")


def test_the_launcher_refuses_what_is_cut(box: Box) -> None:
    for word in ops.OPS:
        done = box.finish(box.start(seeds.plans()[f"{word}.cut"], stderr=subprocess.PIPE))
        assert done.code == 125, word
        assert "is missing" in done.err, word

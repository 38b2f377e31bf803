"""Lines cut as a shell cuts them, and words that read back as they were."""

import shlex

import pytest
from hull.commands._complete_bash import answer, described
from hull.commands._complete_words import cut, quoted


@pytest.mark.parametrize(
    ("line", "before", "last", "start", "quote"),
    [
        ("", (), "", 0, ""),
        ("run", (), "run", 0, ""),
        ("run ", ("run",), "", 4, ""),
        ("run  'a b", ("run",), "a b", 5, "'"),
        ("run 'a b' c", ("run", "a b"), "c", 10, ""),
        ('x "a\\"b\\n', ("x",), 'a"b\\n', 2, '"'),
        ("x a\\ b", ("x",), "a b", 2, ""),
        ("x '' y", ("x", ""), "y", 5, ""),
        ("x \\", ("x",), "", 2, ""),
        ("x a'b c'd", ("x",), "ab cd", 2, ""),
    ],
)
def test_cutting(line, before, last, start, quote):
    assert tuple(cut(line)) == (before, last, start, quote)


@pytest.mark.parametrize(
    "word", ["plain", "a b", "it's", 'say "x"', "$HOME", "a;b|c&d", "*?[x]", "é ü", "back\\slash", "#x", "~"]
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_what_is_quoted_reads_back(word, quote):
    assert cut(f"x {quoted(word, quote)}{quote} ").before == ("x", word)
    if "$" not in word:  # shlex leaves the backslash before it
        assert shlex.split(f"x {quoted(word, quote)}{quote}") == ["x", word]


def test_bash_gets_what_follows_its_own_break(monkeypatch, tmp_path):
    environ = {"HULL_ROOT": str(tmp_path / "none"), "HOME": str(tmp_path)}
    assert answer(("hull run --pull=al", "", "al", "9", "80"), environ) == ["nosort", "always"]
    assert answer(("hull run --pull=", "", "=", "9", "80"), environ) == ["nosort", "missing", "always", "never"]
    assert answer(("hull load -i ", "", "", "9", "80"), environ) == ["filenames"]
    assert answer(("hull nope ", "", "", "9", "80"), environ) == ["nosort"]
    (tmp_path / "a b").mkdir()
    said = answer((f"hull run -v {tmp_path}/a", "", f"{tmp_path}/a", "9", "80"), environ)
    assert said == ["filenames"]
    said = answer(("hull load -i '/nonexist", "", "'/nonexist", "9", "80"), environ)
    assert said == ["nosort"]
    assert answer(("hull run --mount type=bind,source=~/a", "", "~/a", "9", "80"), environ) == [
        "nospace nosort",
        "~/a\\ b/",
    ]


def test_descriptions_fit_the_terminal():
    lines = described(["a", "bcd"], ["first", "x" * 200], 40)
    assert lines[0] == "a    (first)"
    assert max(map(len, lines)) <= 40

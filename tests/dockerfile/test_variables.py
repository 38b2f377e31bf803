"""Variables as Docker's shell lexer expands them."""

import pytest
from hull.dockerfile.place import Malformed
from hull.dockerfile.variables import DEEPEST, Manner, expand, split

KNOWN = {"HOME": "/home/u", "SHELL": "bash", "EMPTY": "", "V": "a.b.c", "P": "x/y/z", "한": "글", "S": "one  two"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # quotes and escapes
        ("hello", "hello"), ("he'll'o", "hello"), (r"he\'llo", "he'llo"), (r"a\tb", "atb"), (r'"a\tb"', r"a\tb"),
        (r'"a\\tb"', r"a\tb"), (r"'a\tb'", r"a\tb"), ("hello\\", "hello"), (r"hello\\", "hello\\"),
        ("\"hel'lo\"", "hel'lo"), (r"'hello\'", "hello\\"), ("\"''\"", "''"), ("'\"x\"'", '"x"'),
        ("안'녕'하", "안녕하"),
        # plain names
        ("$HOME", "/home/u"), ("he$HOME.", "he/home/u."), ("$home", ""), (r"\$HOME", "$HOME"),
        (r"\\$HOME", r"\/home/u"),
        ("'$HOME'", "$HOME"), ('"$HOME"', "/home/u"), (r'"\$HOME"', "$HOME"), ("\"'$HOME'\"", "'/home/u'"),
        ("$.", "$."), ("$", "$"), ("a$", "a$"), ("he$1x", "hex"), ("$12x", "x"), ("$@@", "@"), ("$한", "글"),
        # braces
        ("${HOME}x", "/home/ux"), ("${NONE}x", "x"), (r"\${HOME}", "${HOME}"), ("${aaa}}", "}"),
        ("${NONE:-d}", "d"), ("${EMPTY:-d}", "d"), ("${EMPTY-d}", ""), ("${NONE-d}", "d"), ("${HOME:-d}", "/home/u"),
        ("${NONE:+d}", ""), ("${EMPTY:+d}", ""), ("${EMPTY+d}", "d"), ("${HOME:+d}", "d"), ("${HOME?}", "/home/u"),
        ("${EMPTY?}", ""), ("${NONE:-$HOME}", "/home/u"), ("${NONE:-${NONE:-x}}y", "xy"),
        ("${HOME:+${HOME}:}", "/home/u:"),
        (r"${NONE:-\$HOME:}", "$HOME:"), ("${NONE:-'a b'}", "a b"), ("${1:-d}", "d"), ("${@:-d}", "d"),
        ("${NONE:-x {y}", "x {y"),
        # patterns
        ("${V#*.}", "b.c"), ("${V##*.}", "c"), ("${V%.*}", "a.b"), ("${V%%.*}", "a"), ("${V%?}", "a.b."),
        ("${V#?}", ".b.c"), ("${V#x}", "a.b.c"), (r"${V#\*}", "a.b.c"), ("${V#.}", "a.b.c"), ("${V/./-}", "a-b.c"),
        ("${V//./-}", "a-b-c"), ("${V//./}", "abc"), (r"${P//\//_}", "x_y_z"), ("${P##*/}", "z"), ("${P%/*}", "x/y"),
        ("${V//?/x}", "xxxxx"), ("${V/*/x}", "x"), ("${NONE#a}", ""), ("${S// /_}", "one__two"),
        (r"${P/x/\}}", r"\}/y/z"),
    ],
)  # fmt: skip
def test_expand(text, expected):
    assert expand(text, KNOWN) == expected


@pytest.mark.parametrize(
    "text",
    ["he'llo", '"hello', r'"hello\"', "${}", "${.}", "${HOME", "${HOME:x}", "${HOME:=x}", "${NONE?}", "${NONE:?}",
     "${EMPTY:?}",
     "${{a}}", "${:-x}", "${a:-b ${c}", "${HOME:#a}", "${HOME/a}", r"${HOME#\a}", "${HOME!}", "${", "${HOME:"],
)  # fmt: skip
def test_what_cannot_be_expanded_is_malformed(text):
    with pytest.raises(Malformed):
        expand(text, KNOWN)


@pytest.mark.parametrize(("text", "said"), [("${", "missing '}'"), ("${}", "no name"), ("${:-x}", "no name")])
def test_what_is_missing_is_said(text, said):
    with pytest.raises(Malformed, match=said):
        expand(text, KNOWN)


def test_a_required_variable_says_its_own_message():
    with pytest.raises(Malformed, match=r"^VERSION: pass --build-arg VERSION$"):
        expand("${VERSION:?pass --build-arg VERSION}", {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a$S-b", ["aone", "two-b"]), ('a"$S"b', ["aone  twob"]), ('hello " there  "', ["hello", " there  "]),
        (r"hello\ there", ["hello there"]), ("  a   b  ", ["a", "b"]), ("", []), ("${NONE}", []),
        (r'hello\" there', ['hello"', "there"]), ("'$S'", ["$S"]),
    ],
)  # fmt: skip
def test_split(text, expected):
    assert split(text, KNOWN) == expected


def test_another_escape_makes_the_backslash_a_letter():
    assert expand(r"C:\dir`$HOME", KNOWN, Manner("`")) == r"C:\dir$HOME"


def test_a_here_document_keeps_its_quotes():
    assert expand('it\'s "$SHELL" \\$SHELL', KNOWN, Manner(quotes=False)) == 'it\'s "bash" $SHELL'


def test_depth_is_bounded():
    assert expand("${A:-" * DEEPEST + "x" + "}" * DEEPEST, {}) == "x"
    with pytest.raises(Malformed, match="nest"):
        expand("${A:-" * 5000 + "}" * 5000, {})


def test_a_pattern_of_many_stars_takes_no_time():
    value = "a" * 3000
    assert expand("${V#" + "*a" * 20 + "*b}", {"V": value}) == value

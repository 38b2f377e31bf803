"""What containers write reaches the terminal as text and colours, never as a command to it."""

import pytest
from hull.ui import text
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b]0;title\x07a", "\x1b]52;c;AAAA\x1b\\a", "\x1b[2Ja", "\x1b[1;1Ha", "\x1b[?1049la", "\x1bPq\x1b\\a",
        "\x1bca",         "\x9b2Ja", "\x9d0;x\x9ca", "\x1b(0a", "\x1b[", "\x1b", "\x07a", "a\x08b", "\x1b]8;;http://x\x07a\x1b]8;;\x07",
        "a\u202eb", "\x1b[38;5m", "\x1b[38;2;1m", "\x1b[;;;m", "\x1b[999999999999m", "\x00",
    ],
)  # fmt: skip
def test_no_control_character_is_left(hostile):
    line = text.coloured(hostile)
    assert "".join(part for _, part in line).isprintable()
    assert all("Zero" not in style for style, _ in line)
    assert text.plain(hostile).isprintable()


def test_what_a_sequence_carries_is_gone_with_it():
    assert text.coloured("a\x1b]0;title\x07b\x1b[2Jc\x1bPdata\x1b\\d") == [("", "a"), ("", "b"), ("", "c"), ("", "d")]


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=200))
def test_whatever_comes_is_printable(anything):
    assert all(part.isprintable() for _, part in text.coloured(anything.replace("\n", "")))


@given(st.text(alphabet="\x1b[]();:?m0123456789PX^_\\\x07\x9b\x9cAé漢", max_size=60))
def test_whatever_sequences_come_are_harmless(anything):
    line = text.coloured(anything)
    assert all(part.isprintable() for _, part in line)


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("31", "fg:ansired"), ("1;32", "bold fg:ansigreen"), ("91", "fg:ansibrightred"), ("44", "bg:ansiblue"),
        ("38;5;196", "fg:#ff0000"), ("38;5;1", "fg:ansired"), ("38;5;255", "fg:#eeeeee"), ("48;2;1;2;3", "bg:#010203"),
        ("31;39", ""), ("1;22", ""), ("31;0", ""), ("", ""), ("4;7", "underline reverse"),
        ("38;2;999;0;0", "fg:#ff0000"),
    ],
)  # fmt: skip
def test_colours_are_kept(words, style):
    assert text.coloured(f"\x1b[{words}mx") == [(style, "x")]


def test_a_carriage_return_overwrites():
    assert text.coloured(" 10%\r 50%\r100%\r\n") == [("", "100%")]


def test_wide_characters_have_two_cells():
    assert text.width("漢字a") == 5
    assert text.cut("漢字", 3) == "漢…"
    assert text.cut("漢字", 3, "") == "漢"
    assert text.cut("abcd", 3, "") == "abc"
    assert text.width(text.fit("漢字", 3)) == 3
    assert text.fit("ab", 4, right=True) == "  ab"


@given(st.text(alphabet="aé漢字e\u0301🐳 ", max_size=30), st.integers(0, 20))
def test_fit_and_padded_are_exact(words, cells):
    assert text.width(text.fit(words, cells)) == cells
    assert sum(text.width(part) for _, part in text.padded([("", words), ("bold", words)], cells)) == cells


@given(st.text(alphabet="aé漢字 ", max_size=60), st.integers(2, 20))
def test_wrapped_loses_nothing(words, cells):
    rows = text.wrapped([("", words[:7]), ("bold", words[7:])], cells)
    assert "".join(part for row in rows for _, part in row) == words
    assert all(sum(text.width(part) for _, part in row) <= cells for row in rows)


def test_marked():
    line = text.marked([("a", "one Tw"), ("b", "o two")], "two", "hit")
    assert line == [("a", "one "), ("hit", "Tw"), ("hit", "o"), ("b", " "), ("hit", "two")]
    assert text.marked([("", "x")], "", "hit") == [("", "x")]

"""What holds for every text: a value or an error with its place, quoting undone, patterns as a slower reader has."""

import fnmatch
import re

from hull.dockerfile import ignore, patterns
from hull.dockerfile.expanding import expand
from hull.dockerfile.parser import parse
from hull.dockerfile.place import DockerfileError, Malformed
from hull.dockerfile.variables import Manner, split
from hull.dockerfile.variables import expand as expand_word
from hypothesis import example, given
from hypothesis import strategies as st

PIECES = st.sampled_from([
    "FROM a\n", "FROM a AS b\n", "RUN ", "COPY ", "ADD --from=", "ENV ", "ARG ", "LABEL ", "ONBUILD ", "HEALTHCHECK ",
    "CMD ", "EXPOSE ", "VOLUME ", "SHELL ", "--mount=type=", "--chown=", "--", "<<EOF", "<<-'E'", "EOF\n", "E\n", "# ",
    "\\\n", "\n", " ", "\t", '"', "'", "[", "]", ",", "$", "${", "}", ":-", "%%", "##", "//", "\\", "`", "=", "a", "ü",
    "1", "/x", "\r\n", "\ufeff", "\udcff",
])  # fmt: skip
WORD = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)


@given(st.lists(PIECES, max_size=40).map("".join))
@example("FROM a\nRUN <<A <<A\nA\nA\n")
@example("FROM a\nENV a=${a:-${b:-'\n")
def test_a_text_is_read_or_refused_at_a_place(text):
    try:
        found = parse(f"FROM a\n{text}")
        steps = [expand(step, {"a": "1 2"}, found.escape) for stage in found.stages for step in stage.instructions]
    except DockerfileError as error:
        lines = f"FROM a\n{text}".split("\n")
        assert 1 <= error.line <= len(lines) + 1  # noqa: PT017 (both ways are right)
        assert error.column <= len(lines[min(error.line, len(lines)) - 1]) + 2  # noqa: PT017
        return
    assert all(1 <= step.at.line <= step.at.last for step in steps)


@given(WORD)
def test_quotes_are_taken_off_again(text):
    escaped = "".join(f"\\{letter}" if letter in '"$\\' else letter for letter in text)
    assert expand_word(f'"{escaped}"', {}) == text
    if "'" not in text:
        assert expand_word(f"'{text}'", {}) == text


@given(WORD, WORD)
def test_a_value_comes_out_as_it_is(value, default):
    assert expand_word("${v}|$v|${v-x}|${v+y}", {"v": value}) == f"{value}|{value}|{value}|y"
    assert expand_word('${w:-"$d"}', {"d": default}) == default


@given(WORD.filter(lambda text: not set(text) & set("$<\\'\"")))
def test_words_are_those_between_spaces(text):
    assert split(text, {}) == [word for word in re.split(r"[^\S\x1c-\x1f]+", text) if word]


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=8), st.booleans())
def test_patterns_are_the_shells(pattern, value, greedy):
    sizes = [size for size in range(len(value) + 1) if fnmatch.fnmatchcase(value[:size], pattern)]
    size = (max(sizes) if greedy else min(sizes)) if sizes else 0
    assert patterns.without_prefix(value, pattern, greedy=greedy) == value[size:]
    sizes = [size for size in range(len(value) + 1) if fnmatch.fnmatchcase(value[len(value) - size :], pattern)]
    size = (max(sizes) if greedy else min(sizes)) if sizes else 0
    assert patterns.without_suffix(value, pattern, greedy=greedy) == value[: len(value) - size]


@given(st.text("ab*?/[]!-\\", max_size=8), st.text("ab/", max_size=8))
def test_what_is_pruned_holds_nothing(pattern, path):
    try:
        found = ignore.parse(f"{pattern}\n!a/b\n")
    except ignore.UserError:
        return
    clean = "/".join(part for part in path.split("/") if part) or "a"
    if found.prunes(clean):
        assert found.ignores(f"{clean}/b")
        assert found.ignores(f"{clean}/a/b")


@given(WORD)
def test_a_here_document_without_dollars_stays(text):
    if "$" not in text and "\\" not in text:
        assert expand_word(text, {}, Manner(quotes=False)) == text
    try:
        expand_word(text, {}, Manner(quotes=False))
    except Malformed:
        assert "$" in text

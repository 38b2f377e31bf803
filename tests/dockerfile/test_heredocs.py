"""Here-documents: scripts, files, several on a line, quoted, stripped."""

import pytest
from hull.dockerfile.expanding import expand
from hull.dockerfile.heredocs import parse as begun
from hull.dockerfile.model import Copy, Run
from hull.dockerfile.parser import parse


def steps(text: str) -> tuple:
    (stage,) = parse(f"FROM base\n{text}").stages
    return stage.instructions


@pytest.mark.parametrize(
    ("word", "name", "expands", "strips"),
    [
        ("<<EOF", "EOF", True, False), ("<<-EOF", "EOF", True, True), ("<<'EOF'", "EOF", False, False),
        ('<<-"EOF"', "EOF", False, True), ("<<eo'f'", "eof", False, False), (r"<<eo\'f", "eo'f", True, False),
        ("<<'e'o\\'f", "eo'f", False, False), ("<<'one two'", "one two", False, False), ("<<$EOF", "$EOF", True, False),
        ("<< EOF", "EOF", True, False), ("3<<EOF", "EOF", True, False), ("<<file.txt", "file.txt", True, False),
    ],
)  # fmt: skip
def test_a_word_begins_a_document(word, name, expands, strips):
    found = begun(word)
    assert found is not None
    assert (found.name, found.expand, found.strip) == (name, expands, strips)


@pytest.mark.parametrize("word", ["<<", "<<<x", "<EOF", "a<<EOF", "<<a b", "<<'a", '"<<EOF"', "<<-"])
def test_a_word_that_begins_none(word):
    assert begun(word) is None


def test_a_lone_document_is_the_script():
    (run,) = steps("RUN <<-EOF\n\tset -e\n\t# no comment of the file\n\n\techo $x\n\tEOF\n")
    assert isinstance(run, Run)
    assert run.script is not None
    assert run.script.content == run.command.words[0] == "set -e\n# no comment of the file\n\necho $x\n"
    assert (run.at.line, run.at.last, run.script.line) == (2, 7, 3)


def test_beside_a_command_the_shell_reads_it():
    (run,) = steps("RUN cat <<A > /a && cat <<'B' > /b\none\nA\ntwo\nB\n")
    assert run.script is None
    assert run.command.words == ("cat <<A > /a && cat <<'B' > /b\none\nA\ntwo\nB",)


def test_an_interpreter_takes_it_as_input():
    (run,) = steps("RUN python3 <<EOF\nprint()\nEOF\n")
    assert run.command.words == ("python3 <<EOF\nprint()\nEOF",)


def test_files_of_copy():
    copy, after = steps("COPY <<X file <<'Y' /d/\na $V 'q' \\$V\n\tX\nX\nb $V\nY\nRUN after\n")
    assert isinstance(copy, Copy)
    assert (copy.sources, copy.target) == (("file",), "/d/")
    done = expand(copy, {"V": "v"})
    assert [(file.name, file.content) for file in done.inline] == [("X", "a v 'q' $V\n\tX\n"), ("Y", "b $V\n")]
    assert after.at.line == 8


def test_mounts_and_documents_together():
    (run,) = steps("RUN --mount=type=tmpfs,target=/t <<EOF\nx\nEOF\n")
    assert (run.mounts[0].kind, run.script.content) == ("tmpfs", "x\n")


@pytest.mark.parametrize(
    "text", ["USER <<X\n", 'RUN ["a", "<<EOF"]\n', 'RUN "<<EOF"\n', "ENV a=<<EOF\n", "RUN echo 'a <<EOF'\n"]
)
def test_not_every_arrow_begins_one(text):
    assert len(steps(text)) == 1


def test_an_error_in_its_content_names_its_line():
    (copy,) = steps("COPY <<EOF /x\nfine\n${\nEOF\n")
    with pytest.raises(Exception, match=r"^Dockerfile:3:1: cannot expand the here-document EOF"):
        expand(copy, {})

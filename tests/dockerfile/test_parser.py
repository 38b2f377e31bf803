"""Every instruction and its forms; the shapes of BuildKit's own parser cases."""

import pytest
from hull.dockerfile.model import (
    Arg,
    Cmd,
    Command,
    Copy,
    Entrypoint,
    Env,
    Expose,
    HealthCheck,
    Label,
    Maintainer,
    OnBuild,
    Run,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)  # fmt: skip
from hull.dockerfile.parser import parse, trigger
from hull.dockerfile.place import DockerfileError


def one(text: str):
    """Return the only instruction of a file that begins with FROM."""
    (stage,) = parse(f"FROM base\n{text}\n").stages
    (instruction,) = stage.instructions
    return instruction


def values(instruction) -> tuple:
    return tuple(instruction)[1:]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("RUN ls -l  | cat", Run, (Command(("ls -l  | cat",)), (), "default", "sandbox", None, ())),
        ('run ["ls", "-l"]', Run, (Command(("ls", "-l"), shell=False), (), "default", "sandbox", None, ())),
        ("RUN ['ls']", Run, (Command(("['ls']",)), (), "default", "sandbox", None, ())),
        ("RUN --network=none --security=insecure x", Run, (Command(("x",)), (), "none", "insecure", None, ())),
        ("RUN -- --x", Run, (Command(("--x",)), (), "default", "sandbox", None, ())),
        ("CMD", Cmd, (Command(()),)), ("CMD []", Cmd, (Command((), shell=False),)),
        ('CMD [""]', Cmd, (Command(("",), shell=False),)),
        ('CMD\t[\t"a",\t"b"\t]\t', Cmd, (Command(("a", "b"), shell=False),)),
        ('CMD ["abc 123", "♥", "\\" \\\\ \\/ \\n \\t"]', Cmd,
         (Command(("abc 123", "♥", '" \\ / \n \t'), shell=False),)),
        ('CMD ["a", "b"', Cmd, (Command(('["a", "b"',)),)), ('CMD "[1]"', Cmd, (Command(('"[1]"',)),)),
        ('CMD ["\\ud800"]', Cmd, (Command(("\ufffd",), shell=False),)),
        ('ENTRYPOINT ["/bin/x"]', Entrypoint, (Command(("/bin/x",), shell=False),)),
        ("ENTRYPOINT exec x $Y", Entrypoint, (Command(("exec x $Y",)),)),
        ("ENV name value", Env, ((("name", "value"),),)),
        ("ENV name  value with  spaces", Env, ((("name", "value with  spaces"),),)),
        ("ENV a=b c=d", Env, ((("a", "b"), ("c", "d")),)), ('ENV a="b c" d=e\\ f', Env, ((("a", '"b c"'),
        ("d", "e\\ f")),)),
        ("ENV name=\"value'quote space'value2\"", Env, ((("name", "\"value'quote space'value2\""),),)),
        ("ENV name='a\\'b'", Env, ((("name", "'a\\'b'"),),)), ("ENV a= b=''", Env, ((("a", ""), ("b", "''")),)),
        ("ENV A=1 \\\n  # note\n  B=2", Env, ((("A", "1"), ("B", "2")),)), ("ENV U=a=b", Env, ((("U", "a=b"),),)),
        ("LABEL maintainer a@b", Label, ((("maintainer", "a@b"),),)), ('LABEL "a b"=c', Label, ((('"a b"', "c"),),)),
        ("ARG a", Arg, ((("a", None),),)), ("ARG a=1 b c=''", Arg, ((("a", "1"), ("b", None), ("c", "''")),)),
        ("EXPOSE 80 443/udp 8000-8010", Expose, (("80", "443/udp", "8000-8010"),)),
        ("VOLUME /a /b", Volume, (("/a", "/b"),)), ('VOLUME ["/a b"]', Volume, (("/a b",),)),
        ("USER a:b", User, ("a:b",)), ("WORKDIR /a b", Workdir, ("/a b",)),
        ("STOPSIGNAL SIGQUIT", StopSignal, ("SIGQUIT",)),
        ('SHELL ["/bin/bash", "-c"]', Shell, (("/bin/bash", "-c"),)), ("MAINTAINER A <b>", Maintainer, ("A <b>",)),
        ("HEALTHCHECK NONE", HealthCheck, (("NONE",), 0, 0, 0, 0, 0)),
        ("HEALTHCHECK   CMD   a b", HealthCheck, (("CMD-SHELL", "a b"), 0, 0, 0, 0, 0)),
        ('HEALTHCHECK --timeout=3s --start-period=1m30s --start-interval=500ms --interval=1.5h --retries=3 cmd ["x"]',
         HealthCheck, (("CMD", "x"), 5400, 3, 90, 0.5, 3)),
        ("COPY a b", Copy, (("a",), "b", (), False, "", "", "", False, False, (), False, "", None)),
        ('COPY ["a b", "c d", "/e f/"]', Copy,
         (("a b", "c d"), "/e f/", (), False, "", "", "", False, False, (), False, "", None)),
        ("COPY --from=x --chown=1:2 --chmod=755 --link --parents --exclude=*.o --exclude=d a /b/",
         Copy, (("a",), "/b/", (), False, "x", "1:2", "755", True, True, ("*.o", "d"), False, "", None)),
        ("COPY --link=false a b", Copy, (("a",), "b", (), False, "", "", "", False, False, (), False, "", None)),
        ("ADD --keep-git-dir=true --checksum=sha256:ab --unpack=false u /b",
         Copy, (("u",), "/b", (), True, "", "", "", False, False, (), True, "sha256:ab", False)),
    ],
)  # fmt: skip
def test_an_instruction(text, kind, expected):
    found = one(text)
    assert isinstance(found, kind)
    assert values(found) == expected
    assert (found.at.line, found.at.last, found.at.text) == (2, 1 + len(text.split("\n")), text)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("RNU x", "2:1", "no instruction 'RNU'"), ("RUN", "2:4", "needs a command"),
        ("ENV PATH", "2:5", "a key and a value"),
        ("ENV a=1 b", "2:9", "'b' is no KEY=VALUE"), ("ENV =x", "2:5", "without a name"),
        ("ARG", "2:4", "at least one name"),
        ('CMD ["a", ["b"]]', "2:5", "strings only"), ("CMD [1]", "2:5", "strings only"),
        ('CMD ["\\u0000"]', "2:5", "NUL"),
        ("COPY a", "2:6", "a source and a destination"), ("COPY --user=x a b", "2:6", "no flag --user"),
        ("ADD --from=x a b", "2:5", "no flag --from"), ("COPY --chown a b", "2:6", "needs a value"),
        ("COPY --link=maybe a b", "2:6", "a switch"), ("COPY --from=a --from=b a b", "2:15", "given twice"),
        ("WORKDIR", "2:8", "exactly one"), ("SHELL bash -c", "2:7", "JSON form only"),
        ('VOLUME [""]', "2:8", "none of them empty"),
        ("HEALTHCHECK", "2:12", "NONE alone"), ("HEALTHCHECK CONNECT TCP 1", "2:13", "NONE alone"),
        ("HEALTHCHECK NONE x", "2:13", "NONE alone"),
        ("HEALTHCHECK --interval=1ns CMD x", "2:13", "less than a millisecond"),
        ("HEALTHCHECK --timeout=soon CMD x", "2:13", "no duration"),
        ("HEALTHCHECK --retries=-1 CMD x", "2:13", "no number of times"), ("ONBUILD", "2:8", "needs an instruction"),
        ("ONBUILD ONBUILD RUN x", "2:9", "not allowed as an ONBUILD"), ("ONBUILD FROM x", "2:9", "not allowed"),
        ("ONBUILD COPY --odd a b", "2:14", "no flag --odd"), ("ONBUILD NOPE", "2:9", "no instruction"),
        ("RUN --mount=type=odd x", "2:5", "type=odd is not known"),
        ("RUN --network=wide x", "2:5", "'wide' is not known"), ("FROM a b", "2:6", "AS a name"),
        ("FROM a AS 1x", "2:11", "no name of a stage"),
        ("FROM a AS x y", "2:6", "AS a name"), ("FROM", "2:5", "FROM needs an image"),
        ("RUN a \\\n  && b\nENV", "4:4", "at least one argument"),
        ("ENV a=1 \\\n   b", "3:4", "'b' is no KEY=VALUE"), ("RUN <<EOF\nx\n", "2:5", "has no end"),
        ("COPY a <<EOF\nEOF", "2:8", "no destination"),
        ("EXPOSE", "2:7", "at least one"), ("a\0b", "2:2", "NUL"), ("USER --x y", "2:6", "no flag --x"),
    ],
)  # fmt: skip
def test_an_error_points_at_its_place(text, place, reason):
    with pytest.raises(DockerfileError) as failed:
        parse(f"FROM base\n{text}\n", "sub/Dockerfile")
    head, shown, mark = failed.value.message.split("\n")
    assert head.startswith(f"sub/Dockerfile:{place}: ")
    assert reason in head
    line, column = map(int, place.split(":"))
    assert shown == f"  {f'FROM base{chr(10)}{text}'.split(chr(10))[line - 1]}".rstrip().replace("\0", "?")
    assert mark == " " * (column + 1) + "^"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no FROM"),
        ("# only\n", "no FROM"),
        ("RUN x\n", "before the first FROM"),
        ("ARG a\nENV a=b\nFROM c\n", "before the first FROM"),
    ],
)
def test_a_file_without_an_image_is_refused(text, reason):
    with pytest.raises(DockerfileError, match=reason):
        parse(text)


def test_a_misspelt_word_is_suggested():
    with pytest.raises(DockerfileError) as failed:
        parse("FROM a\nCOYP a b\n")
    assert failed.value.hint == "did you mean COPY?"
    with pytest.raises(DockerfileError) as failed:
        parse("FROM a\nCOPY --chwon=1 a b\n")
    assert failed.value.hint == "did you mean --chown?"


def test_stages_and_arguments():
    text = "# escape=`\nARG V=1\nARG W\nFROM --platform=$BUILDPLATFORM a:$V AS Build\n"
    text += "RUN x\nFROM build\nCOPY --from=build a b\n"
    found = parse(text)
    assert found.escape == "`"
    assert found.directives == (("escape", "`"),)
    assert [arg.pairs for arg in found.arguments] == [(("V", "1"),), (("W", None),)]
    first, second = found.stages
    assert (first.origin.image, first.origin.platform, first.name, first.label) == (
        "a:$V",
        "$BUILDPLATFORM",
        "build",
        "build",
    )
    assert (second.number, second.name, second.label, len(second.instructions)) == (1, "", "1", 1)


def test_a_trigger_is_kept_as_text_and_read():
    found = one("ONBUILD COPY --chown=1 <<A \\\n  <<B /d/\nx\nA\ny\nB")
    assert isinstance(found, OnBuild)
    assert found.trigger == "COPY --chown=1 <<A   <<B /d/\nx\nA\ny\nB"
    again = trigger(found.trigger)
    assert isinstance(again, Copy)
    assert [file._replace(line=0) for file in found.instruction.inline] == [
        file._replace(line=0) for file in again.inline
    ]
    assert (again.target, again.chown) == ("/d/", "1")
    assert [file.content for file in found.instruction.inline] == ["x\n", "y\n"]


@pytest.mark.parametrize("text", ["", "FROM x", "ONBUILD RUN x", "NOPE"])
def test_a_trigger_of_a_base_image_may_be_wrong(text):
    with pytest.raises(DockerfileError):
        trigger(text)


def test_bytes_that_are_no_text_go_through():
    (stage,) = parse(b"FROM a\nRUN echo \xff\n").stages
    assert stage.instructions[0].command.words[0].encode("utf-8", "surrogateescape") == b"echo \xff"

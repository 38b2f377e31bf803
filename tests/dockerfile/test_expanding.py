"""Which words of an instruction have variables."""

import pytest
from hull.dockerfile.expanding import expand, expand_from
from hull.dockerfile.parser import parse
from hull.dockerfile.place import DockerfileError

KNOWN = {"A": "one two", "D": "/dir", "P": "80 443/UDP", "U": "me", "N": "5"}


def done(text: str, escape: str = "\\"):
    (stage,) = parse(f"FROM base\n{text}\n").stages
    return expand(stage.instructions[0], KNOWN, escape)


def test_pairs():
    assert done("ENV X=$A Y='$A' Z=\"$A!\" $U=1").pairs == (
        ("X", "one two"),
        ("Y", "$A"),
        ("Z", "one two!"),
        ("me", "1"),
    )
    assert done("LABEL d $D/x").pairs == (("d", "/dir/x"),)


def test_paths_and_names():
    assert done("WORKDIR $D/$U").path == "/dir/me"
    assert done("USER ${U}:0").user == "me:0"
    assert done('VOLUME ["$D", "/b c"]').paths == ("/dir", "/b c")
    assert done("STOPSIGNAL SIG$N").signal == "SIG5"


def test_copy():
    found = done("COPY --chown=$U:$N --chmod=${N}55 --exclude=$U $D/'a' \"$A\" $D/")
    assert (found.sources, found.target) == (("/dir/a", "one two"), "/dir/")
    assert (found.chown, found.chmod, found.excludes) == ("me:5", "555", ("$U",))


def test_ports():
    assert done("EXPOSE $P 8000-8002/tcp 80").ports == ("80/tcp", "443/udp", "8000/tcp", "8001/tcp", "8002/tcp")


@pytest.mark.parametrize("port", ["x", "99999", "2-1", "80/http", "-1", "1-", "", "80/"])
def test_a_port_that_is_none(port):
    if port in {"", "80/"}:
        assert done(f"EXPOSE 1 {port}").ports[0] == "1/tcp"
        return
    with pytest.raises(DockerfileError, match="is no port"):
        done(f"EXPOSE {port}")


def test_commands_are_the_shells():
    for text in (
        "RUN echo $A",
        'CMD ["$A"]',
        "ENTRYPOINT $A",
        "HEALTHCHECK CMD $A",
        "ONBUILD ENV x=$A",
        'SHELL ["$A"]',
    ):
        (stage,) = parse(f"FROM base\n{text}\n").stages
        assert expand(stage.instructions[0], KNOWN) == stage.instructions[0]


def test_from():
    (stage,) = parse("FROM --platform=$U img:${N}\n").stages
    found = expand_from(stage.origin, KNOWN)
    assert (found.image, found.platform) == ("img:5", "me")
    (stage,) = parse("# c\nFROM $NONE\n").stages
    with pytest.raises(DockerfileError, match=r"^Dockerfile:2:6: the image's name '\$NONE' is empty"):
        expand_from(stage.origin, KNOWN)


def test_an_error_points_at_the_word():
    with pytest.raises(DockerfileError) as failed:
        done("ENV A=1 \\\n    B=${NONE:?needed}")
    assert failed.value.message.split("\n") == [
        "Dockerfile:3:7: cannot expand '${NONE:?needed}': NONE: needed", "      B=${NONE:?needed}", "        ^",
    ]  # fmt: skip

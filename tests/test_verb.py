"""A signature gives flags, help, parse and completion. No engine, no kernel."""

from typing import Annotated, NamedTuple

import pytest
from hull.commands import VERBS, _help, _line
from hull.commands._verb import Flag, Word, derive, load
from hull.errors import Bug, UserError


class Row(NamedTuple):
    container_id: str
    size: int


class Launch(NamedTuple):
    plan: bytes
    words: tuple[str, ...]


def start(
    engine: object,
    image: Annotated[str, Word("image", complete="image")],
    command: Annotated[tuple[str, ...], Word("program", rest=True)] = (),
    *,
    interactive: Annotated[bool, Flag("keep input", "i")] = False,
    tty: Annotated[bool, Flag("terminal", "t")] = False,
    env: Annotated[tuple[str, ...], Flag("variable", "e")] = (),
    publish: Annotated[tuple[str, ...], Flag("port", "p")] = (),
    name: Annotated[str | None, Flag("name")] = None,
    hostname: Annotated[str, Flag("host name", "h")] = "",
    cpus: Annotated[float | None, Flag("cores")] = None,
    pids_limit: Annotated[int, Flag("processes")] = 0,
    init: Annotated[bool, Flag("small init")] = True,
    network: Annotated[str, Flag("network", aliases=("net",), complete="network")] = "default",
    pull: Annotated[str, Flag("policy", choices=("missing", "always"))] = "missing",
) -> Launch | list[str]:
    """Start something.

    More of it.
    """
    return []


def listing(
    engine: object,
    names: Annotated[tuple[str, ...], Word("which", complete="container")] = (),
    *,
    force: Annotated[bool, Flag("force", "f")] = False,
    quiet: Annotated[bool, Flag("only ids", "q")] = False,
) -> list[Row] | list[str]:
    """List things."""
    return [Row("a", 1)]


START, LISTING = derive("start", start), derive("listing", listing)


def flags(*words: str) -> dict[str, object]:
    return _line.parse(START, [*words, "img"]).flags


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-it"], {"interactive": True, "tty": True}),
        (["-itp8080:80"], {"interactive": True, "tty": True, "publish": ("8080:80",)}),
        (["-eA=B", "-e", "C=D", "--env", "E", "--env=F=G"], {"env": ("A=B", "C=D", "E", "F=G")}),
        (["-e=A=B"], {"env": ("A=B",)}),
        (["-ie", "A=B"], {"interactive": True, "env": ("A=B",)}),
        (["--name", "--tty"], {"name": "--tty"}),
        (["--name="], {"name": ""}),
        (["--tty=false", "--interactive=true"], {"tty": False, "interactive": True}),
        (["-t=false"], {"tty": False}),
        (["--no-init"], {"init": False}),
        (["--no-init=false"], {"init": True}),
        (["--init"], {"init": True}),
        (["-h", "box"], {"hostname": "box"}),
        (["--cpus", "1.5", "--pids-limit=7"], {"cpus": 1.5, "pids_limit": 7}),
        (["--net", "none"], {"network": "none"}),
        (["--name", "a", "--name", "b"], {"name": "b"}),
        (["--pids-limit", "-1"], {"pids_limit": -1}),
    ],
)
def test_flags(words, expected):
    assert flags(*words) == expected


@pytest.mark.parametrize("command", [["--", "-x"], ["--tty"], ["-it", "--name=x"], ["sh", "-c", "--", ""], ["--help"]])
def test_after_the_image_everything_is_data(command):
    call = _line.parse(START, ["-i", "img", *command])
    assert call.words == ("img", tuple(command))
    assert call.flags == {"interactive": True}


def test_double_dash_before_the_image_ends_flags():
    assert _line.parse(START, ["--", "--tty", "--", "x"]).words == ("--tty", ("--", "x"))


def test_flags_after_words_where_no_command_line_follows():
    call = _line.parse(LISTING, ["a", "-f", "b", "--", "-q"])
    assert call.words == (("a", "b", "-q"),)
    assert call.flags == {"force": True}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--bogus"], "unknown flag --bogus"),
        (["-z"], "unknown flag -z"),
        (["-iz"], "unknown flag -z in -iz"),
        (["--no-tty"], "unknown flag --no-tty"),
        (["--name"], "the flag --name needs a value"),
        (["-e"], "the flag -e needs a value"),
        (["--cpus=two"], "cannot take 'two' for --cpus: not a number"),
        (["--pids-limit=1.5"], "not a whole number"),
        (["--tty=perhaps"], "not true or false"),
        (["--pull=often"], "cannot take 'often' for --pull"),
        ([], "hull start needs IMAGE"),
    ],
)
def test_refusals_name_the_flag(words, message):
    with pytest.raises(UserError) as caught:
        _line.parse(START, words)
    assert message in caught.value.message
    assert caught.value.hint


def test_too_many_words():
    single = derive("version", load("version").function)
    with pytest.raises(UserError, match="does not take 'x'"):
        _line.parse(single, ["x"])


def test_a_near_flag_is_suggested():
    with pytest.raises(UserError) as caught:
        _line.parse(START, ["--interactiv"])
    assert "--interactive" in caught.value.hint


def test_a_near_verb_is_suggested():
    with pytest.raises(UserError) as caught:
        load("versoin")
    assert "did you mean version?" in caught.value.hint


def test_tables_gain_json_and_keep_it_from_the_verb():
    for words, output in (
        (["--json"], "json"),
        (["--format", "json"], "{{json .}}"),
        (["--format=table"], ""),
        (["--format=table {{.Size}}"], "table {{.Size}}"),
    ):
        call = _line.parse(LISTING, words)
        assert call.output == output
        assert not {"json", "format"} & call.flags.keys()
    assert LISTING.row is Row
    assert _line.parse(LISTING, []).row is Row
    assert _line.parse(LISTING, ["-q"]).row is None
    assert START.row is None


def test_a_template_prints_rows_also_with_quiet():
    assert _line.parse(LISTING, ["-q", "--format", "{{.Size}}"]).row is Row
    assert _line.parse(LISTING, ["-q", "--json"]).row is None


def test_a_wrong_template_is_refused_before_anything_runs():
    with pytest.raises(UserError, match="unclosed action"):
        _line.parse(LISTING, ["--format", "{{.Size"])


def test_a_template_that_shows_sizes_asks_for_them():
    def sized(engine: object, *, size: Annotated[bool, Flag("sizes", "s")] = False) -> list[Row]:
        return []

    verb = derive("sized", sized)
    assert _line.parse(verb, ["--format", "{{if true}}{{.Size}}{{end}}"]).flags == {"size": True}
    assert _line.parse(verb, ["--format", "{{.Names}}"]).flags == {}


def test_documents_gain_format_and_json():
    def look(engine: object) -> list[dict[str, str]]:
        return [{"Id": "a"}]

    verb = derive("look", look)
    assert verb.documents
    assert verb.row is None
    assert [_line.parse(verb, words).output for words in (["-f", "{{.Id}}"], ["-f", "json"], ["--json"], [])] == [
        "{{.Id}}", "compact", "json", "",
    ]  # fmt: skip


def test_only_what_returns_a_launch_launches():
    assert START.launches
    assert not LISTING.launches


@pytest.mark.parametrize("words", [["--help"], ["-i", "--help"]])
def test_help_runs_nothing(words):
    call = _line.parse(START, words)
    text = call(lambda: pytest.fail("help made an engine"))
    assert "Usage: hull start [flags] IMAGE [COMMAND…]" in text
    assert "More of it." in text
    for shown in ("-i, --interactive", "--[no-]init", "-h, --hostname str", "policy: missing, always", "--env list"):
        assert shown in text


def test_short_h_is_help_where_no_flag_takes_it():
    assert "List things" in _line.parse(LISTING, ["-h"])(lambda: None)


def test_an_unannotated_parameter_is_our_fault():
    def broken(engine: object, word: str) -> None: ...

    with pytest.raises(Bug, match="word of broken"):
        derive("broken", broken)


def test_an_engine_annotated_none_is_not_made():
    assert _line.read(["version"])(lambda: pytest.fail("made an engine")).startswith("hull ")
    assert _line.read(["--version"]).verb == load("version")


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_derives_and_has_help(name):
    verb = load(name)
    assert verb.summary
    assert _help.usage(verb) in _help.manual(verb)
    longs = [long for flag in verb.flags for long in flag.longs]
    shorts = [flag.about.short for flag in verb.flags if flag.about.short]
    assert len(set(longs)) == len(longs)
    assert len(set(shorts)) == len(shorts)
    assert all(len(short) == 1 for short in shorts)
    assert all(parameter.about.help for parameter in (*verb.words, *verb.flags))


def test_the_overview_names_every_verb():
    text = _help.overview()
    assert all(f"\n  {name} " in text for name in VERBS)

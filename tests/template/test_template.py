"""Templates: Go's documented rules, Docker's documented functions, and errors that name their place."""

import json

import pytest
from hull.errors import UserError
from hull.template import parse
from hypothesis import given
from hypothesis import strategies as st

DATA = {
    "Name": "/web",
    "State": {"Status": "running", "Pid": 42, "Paused": False, "Health": None},
    "Labels": {"com.example.color": "blue", "a": "1"},
    "Mounts": [{"Source": "/srv", "RW": True}, {"Source": "/etc", "RW": False}],
    "Ports": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}], "81/tcp": []},
    "Empty": [],
    "Ratio": 0.5,
    "Label": lambda key: f"<{key}>",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{.State.Status}}", "running"),
        ("{{ .Name }}-{{$.State.Pid}}", "/web-42"),
        ('{{index .Labels "com.example.color"}}|{{index .Labels "none"}}|{{.Labels.none}}', "blue||<no value>"),
        ('{{(index (index .Ports "80/tcp") 0).HostPort}}', "8080"),
        ("{{range $p, $conf := .Ports}} {{$p}} -> {{len $conf}}{{end}}", " 80/tcp -> 1 81/tcp -> 0"),
        ("{{range .Mounts}}{{.Source}}{{if .RW}}:rw{{end}} {{end}}", "/srv:rw /etc "),
        ("{{range .Empty}}x{{else}}none{{end}}", "none"),
        ("{{range $i, $m := .Mounts}}{{if $i}}{{break}}{{end}}{{$m.Source}}{{end}}", "/srv"),
        ("{{range .Mounts}}{{if .RW}}{{continue}}{{end}}{{.Source}}{{end}}", "/etc"),
        ("{{range 3}}{{.}}{{end}}", "012"),
        ("{{with .State.Health}}{{.Status}}{{else}}no check{{end}}", "no check"),
        ("{{with $x := .State}}{{$x.Pid}}{{.Pid}}{{end}}", "4242"),
        ("{{if .State.Paused}}a{{else if .State.Health}}b{{else}}c{{end}}", "c"),
        ("{{if and .Name (not .State.Paused)}}yes{{end}}", "yes"),
        ('{{or .State.Health "none"}} {{and 1 0}} {{and 1 2}}', "none 0 2"),
        ('{{if eq .State.Status "exited" "running"}}up{{end}}', "up"),
        ("{{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge 1 2}}", "true true true false false"),
        ("{{json .Mounts}}", '[{"Source":"/srv","RW":true},{"Source":"/etc","RW":false}]'),
        ("{{.Mounts}}", "[map[RW:true Source:/srv] map[RW:false Source:/etc]]"),
        ('{{.Label "x"}} {{"y" | .Label}}', "<x> <y>"),
        ('{{join (split "a:b" ":") "/"}} {{upper "a"}}{{lower "B"}} {{title "ab cd"}}', "a/b Ab Ab Cd"),
        ('[{{pad "a" 1 2}}] {{truncate "abcdef" 3}} {{slice "abcdef" 1 3}}', "[ a  ] abc bc"),
        ('{{printf "%-5s|%5d|%05d|%.2f|%v|%q|%x|%t|%%" "a" 7 7 .Ratio .Empty "q" 255 true}}',
         'a    |    7|00007|0.50|[]|"q"|ff|true|%'),
        ('{{printf "%d" "a"}} {{printf "%s"}} {{printf "x" 1}}', "%!d(string=a) %!s(MISSING) x%!(EXTRA int=1)"),
        ('{{print 1 2 "a" "b"}}{{println "x" 1}}', "1 2abx 1\n"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{end}}{{$x}}", "2"),
        ("a  {{- 3 -}}  b", "a3b"),
        ("a {{- /* said */ -}} b{{/* again */}}", "ab"),
        ("{{`raw \\n`}} {{\"tab\\t\"}} {{'a'}} {{0x1F}} {{1.5}} {{-3}} {{010}}", "raw \\n tab\t 97 31 1.5 -3 8"),
        ("{{nil | json}} {{true}}", "null true"),
        ('{{.State.Pid | printf "%s-%v" "pid"}}', "pid-42"),
    ],
)  # fmt: skip
def test_documented_behaviour(template, text):
    assert parse(template).render(DATA) == text


@pytest.mark.parametrize(
    ("template", "place", "reason"),
    [
        ("{{.Nmae}}", "1:3", "no field 'Nmae'; there are Name, State"),
        ("a\nb {{.Name", "2:3", "unclosed action"),
        ("{{if .Name}}x", "1:3", "{{if}} has no {{end}}"),
        ("x{{end}}", "1:4", "unexpected {{end}}"),
        ("{{}}", "1:3", "a value was expected"),
        ("{{nothing .Name}}", "1:3", "function 'nothing' not defined"),
        ("{{$x}}", "1:3", "undefined variable $x"),
        ("{{range .Mounts}}{{end}}{{break}}", "1:27", "{{break}} outside {{range}}"),
        ("{{range .Name}}{{end}}", "1:3", "range can't iterate over /web"),
        ("{{index .Empty 0}}", "1:3", "error calling index: index out of range: 0"),
        ("{{.State.Health.Status}}", "1:3", "nil data; no entry for key 'Status'"),
        ("{{eq 1 `1`}}", "1:3", "incompatible types for comparison: 1 and 1"),
        ("{{.Name 1}}", "1:3", "Name has arguments but cannot be invoked as function"),
        ("{{1 | 2}}", "1:7", "this is a value"),
        ("{{upper 1}}", "1:3", "error calling upper: wrong arguments: 1"),
        ('{{"\\q"}}', "1:3", "cannot read"),
        ("{{.Name}", "1:8", "unexpected '}'"),
        ("{{(.Name}}", "1:9", "unexpected '}}' in a pipeline"),
    ],
)
def test_an_error_names_its_place(template, place, reason):
    with pytest.raises(UserError) as caught:
        parse(template).render(DATA)
    assert f": {place}: " in caught.value.message
    assert reason in caught.value.message


def test_a_rows_template_reads_escapes_in_its_text_only():
    assert parse(r"a\tb\n{{printf `\t`}}", escapes=True).render({}) == "a\tb\n\\t"
    assert parse(r"a\tb").render({}) == r"a\tb"


def test_methods_are_no_part_of_json():
    assert json.loads(parse("{{json .}}").render(DATA)) == {k: v for k, v in DATA.items() if k != "Label"}


def test_names_are_what_a_template_mentions():
    assert parse("{{.ID}} {{if .A}}{{range .B}}{{.C.D}}{{end}}{{else}}{{(index .E 0).F}}{{end}}").names() == set(
        "ABCEF"
    ) | {"ID"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(VALUES)
def test_json_of_any_value_reads_back(value):
    assert json.loads(parse("{{json .}}").render(value)) == value


@given(st.text())
def test_text_without_braces_is_itself(text):
    text = text.replace("{", "")
    assert parse(text).render({}) == text


@given(st.text(alphabet="{}-. |$()\"'`axE09:=,/*\n") | st.text())
def test_any_text_renders_or_is_the_users_error(text):
    try:
        parse(text).render({"a": 1, "x": {"E": [1]}})
    except UserError as error:
        assert error.hint  # noqa: PT017 (nothing else may come)


@given(
    st.lists(
        st.sampled_from(["{{if .a}}", "{{else}}", "{{end}}", "{{range .r}}", "{{.}}", "x", "{{with .a}}", "{{break}}"])
    )
)
def test_blocks_nest_or_are_the_users_error(pieces):
    try:
        parse("".join(pieces)).render({"a": 1, "r": [1, 2]})
    except UserError as error:
        assert error.hint  # noqa: PT017

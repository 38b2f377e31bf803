"""search and tag list: what a registry lists, over all its pages."""

import json

import pytest

from tests import imagebuild, registries
from tests.registries import Reply

MADE = imagebuild.image(imagebuild.layer(imagebuild.member("a", b"1")))
RESULTS = [
    {"name": "lib/a", "description": "x" * 60, "star_count": 7, "is_official": True, "is_automated": False},
    {"name": "b", "description": "es\x1b[31mcape", "star_count": 2, "is_official": False, "is_automated": True},
]


@pytest.fixture
def finder():
    def answer(request):
        if request.path == "/v1/search":
            return Reply(200, json.dumps({"num_results": 2, "results": RESULTS}).encode())
        return Reply(200, b"{}")

    with registries.served(answer) as stub:
        yield stub


def lines(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().splitlines()


def test_search_asks_the_registry_s_search(cli, finder):
    at = finder.address
    shown = lines(cli("search", f"{at}/term", "--limit", "9"))
    assert shown[0].split() == ["NAME", "DESCRIPTION", "STARS", "OFFICIAL"]
    assert shown[1].split() == [f"{at}/lib/a", "x" * 44 + "…", "7", "[OK]"]
    assert "\x1b" not in shown[2]
    assert finder.requests[-1].query == {"q": ["term"], "n": ["9"]}
    assert lines(cli("search", f"{at}/term", "--format", "{{.Name}} {{.StarCount}}")) == [f"{at}/lib/a 7", f"{at}/b 2"]
    assert "x" * 60 in lines(cli("search", f"{at}/term", "--no-trunc"))[1]


@pytest.mark.parametrize(
    ("filters", "names"),
    [(["stars=3"], ["lib/a"]), (["is-official=false"], ["b"]), (["is-automated=true", "stars=3"], [])],
)
def test_search_filters(cli, finder, filters, names):
    words = [word for one in filters for word in ("--filter", one)]
    found = lines(cli("search", f"{finder.address}/term", *words, "--format", "{{.Name}}"))
    assert found == [f"{finder.address}/{name}" for name in names]


@pytest.mark.parametrize(
    "words", [["--limit", "0"], ["--limit", "101"], ["--filter", "stars=x"], ["--filter", "odd=1"]]
)
def test_search_refuses(cli, finder, words):
    assert cli("search", f"{finder.address}/term", *words).returncode == 125
    assert not [r for r in finder.requests if r.path == "/v1/search"]


@pytest.mark.needs("program:docker-registry")
def test_a_registry_without_search_is_asked_for_its_catalog(cli):
    with registries.plain() as found:
        for name in ("a/one", "a/two", "b/three"):
            imagebuild.push(MADE, found.address, name, "1")
        names = lines(cli("search", f"{found.address}/a/", "--format", "{{.Name}}"))
        assert names == [f"{found.address}/a/one", f"{found.address}/a/two"]
        assert len(lines(cli("search", f"{found.address}/", "--limit", "2", "--format", "{{.Name}}"))) == 2


@pytest.mark.needs("program:docker-registry")
def test_tag_list_and_pull_all_tags(cli):
    with registries.plain() as found:
        for tag in ("1", "2", "latest"):
            imagebuild.push(MADE, found.address, "a/b", tag)
        name = f"{found.address}/a/b"
        assert sorted(lines(cli("tag", "list", name))) == ["1", "2", "latest"]
        assert sorted(lines(cli("tags", name))) == ["1", "2", "latest"]
        assert sorted(lines(cli("pull", "-q", "--all-tags", name))) == [f"{name}:{tag}" for tag in ("1", "2", "latest")]
        assert {row["Tag"] for row in map(json.loads, lines(cli("images", name, "--format", "json")))} == {
            "1", "2", "latest"}  # fmt: skip
        done = cli("tag", "list", f"{name}:1")
        assert (done.returncode, b"it names one" in done.stderr) == (125, True)
        assert cli("tag", "list", f"{found.address}/none").returncode == 125


def pages(links):
    def answer(request):
        if not request.path.endswith("/tags/list"):
            return Reply(200, b"{}")
        last = request.query.get("last", [""])[0]
        tags, link = links[last]
        headers = (("Link", link),) if link else ()
        return Reply(200, json.dumps({"name": "a", "tags": tags}).encode(), headers)

    return registries.served(answer)


def test_every_page_is_read(cli):
    links = {
        "": (["1", "2"], '</v2/a/tags/list?last=2&n=2>; rel="next"'),
        "2": (["3"], '<list?last=3>; rel="next"'),
        "3": (None, ""),
    }
    with pages(links) as stub:
        assert lines(cli("tag", "list", f"{stub.address}/a")) == ["1", "2", "3"]
        assert lines(cli("tag", "list", "--limit", "2", f"{stub.address}/a")) == ["1", "2"]


def test_pages_without_end_are_an_error(cli):
    with pages({"": (["1"], '</v2/a/tags/list?last=1>; rel="next"'), "1": (["2"], '<?last=1>; rel="next"')}) as stub:
        done = cli("tag", "list", f"{stub.address}/a")
        assert (done.returncode, b"no end" in done.stderr) == (125, True)

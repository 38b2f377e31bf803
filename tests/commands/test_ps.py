"""What `ps` shows and which containers: rows and status files of a store, no kernel."""

import json
import time

import pytest
from hull.commands._listing import ContainerRow, exposed, port_text, state_text
from hull.errors import UserError
from hull.model import Image, Mount, Port, Spec
from hull.state.containers import Container
from hull.state.status import NOBODY, Status

from tests.rows import BASE, CHILD, EXIT, UP, Store

MOUNTS = (Mount("volume", "data", "/var/lib/data"), Mount("bind", "/srv/www", "/www"), Mount("tmpfs", "", "/t"))


def names(store: Store, *words: str) -> set[str]:
    return {row.names for row in store("ps", *words)}


@pytest.fixture
def store(tmp_path):
    store = Store(str(tmp_path))
    store.add("old", [*UP, {**EXIT, "code": 137}], labels=("color=blue",))
    store.add("web", UP, CHILD, labels=("color=red", "tier=front"), ports=(Port(80, 8080), Port(443, 443)),
              mounts=MOUNTS,
              network="host", command=("sh", "-c", "while true; do sleep 100; done"))  # fmt: skip
    store.add("sick", [*UP, {"event": "health", "status": "unhealthy", "failing": 3}])
    store.add("still", [*UP, {"event": "paused"}])
    yield store
    store.engine.close()


def test_the_table_is_dockers(store):
    head, *rows = store.shown("ps", "-a")
    assert head.split("   ")[0] == "CONTAINER ID"
    assert [word.strip() for word in head.split("  ") if word.strip()] == [
        "CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES",
    ]  # fmt: skip
    assert [row.split()[-1] for row in rows] == ["still", "sick", "web", "old"]
    assert '"sh -c while true; d…"' in rows[2]
    assert "Up Less than a second (unhealthy)" in rows[1]
    assert "81/tcp, 0.0.0.0:443->443/tcp, 0.0.0.0:8080->80/tcp" in rows[2]
    assert rows[2][: len(store.ids["web"])].split()[0] == store.ids["web"][:12]
    assert "Exited (137) Less than a second ago" in rows[3]


def test_an_empty_table_has_its_header(tmp_path):
    assert [line.split()[0] for line in Store(str(tmp_path)).shown("ps")] == ["CONTAINER"]


def test_only_those_that_are_up_without_all(store):
    assert names(store) == {"web", "sick", "still"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["name=e"], {"web"}),
        (["name=^/web$"], {"web"}),
        (["name=web", "name=old"], {"web", "old"}),
        (["name=web", "status=exited"], set()),
        (["label=color"], {"web", "old"}),
        (["label=color=blue"], {"old"}),
        (["label=color", "label=tier=front"], {"web"}),
        (["label=from=image"], {"old", "sick", "still"}),
        (["exited=137"], {"old"}),
        (["exited=0"], set()),
        (["status=paused", "status=exited"], {"still", "old"}),
        (["before=sick"], {"old", "web"}),
        (["since=web"], {"sick", "still"}),
        (["volume=data"], {"web"}),
        (["volume=/www/"], {"web"}),
        (["network=host"], {"web"}),
        (["publish=8080"], {"web"}),
        (["publish=8000-8100/tcp"], {"web"}),
        (["publish=8080/udp"], set()),
        (["expose=81"], {"web"}),
        (["expose=443/tcp"], {"web"}),
        (["health=unhealthy"], {"sick"}),
        (["health=none"], {"old", "web", "still"}),
        (["ancestor=docker.io/me/app:1"], {"web"}),
    ],
)
def test_filters(store, words, expected):
    assert names(store, "-a", *(part for word in words for part in ("-f", word))) == expected


def test_an_id_filter_and_quiet_ids(store):
    assert store("ps", "-q", "-f", f"id={store.ids['web'][:20]}") == [store.ids["web"][:12]]
    assert store("ps", "-q", "--no-trunc", "-f", "name=web") == [store.ids["web"]]


def test_an_ancestor_is_an_image_or_what_is_made_on_it(store, monkeypatch):
    monkeypatch.setattr(type(store.engine.images), "identify", lambda _self, _name: BASE.id)
    assert names(store, "-a", "-f", "ancestor=debian:12") == {"old", "web", "sick", "still"}
    monkeypatch.setattr(type(store.engine.images), "identify", lambda _self, _name: CHILD.id)
    assert names(store, "-a", "-f", "ancestor=app") == {"web"}


def test_a_status_filter_shows_those_that_ended_too(store):
    assert names(store, "-f", "status=exited") == {"old"}
    assert names(store, "-f", "name=old") == set()


@pytest.mark.parametrize(
    "word", ["nonsense", "colour=red", "status=gone", "exited=x", "health=fine", "publish=http", "name=("]
)
def test_a_wrong_filter_is_refused(store, word):
    with pytest.raises(UserError) as caught:
        store("ps", "-f", word)
    assert caught.value.hint


def test_before_an_unknown_container(store):
    with pytest.raises(UserError, match="no such container: nobody"):
        store("ps", "-f", "before=nobody")


def test_the_last_ones_whatever_their_state(store):
    assert names(store, "-n", "2") == {"still", "sick"}
    assert names(store, "-l") == {"still"}
    assert names(store, "-n", "1", "-f", "status=exited") == {"old"}
    assert names(store, "-n", "0") == {"web", "sick", "still"}


def test_every_documented_placeholder(store):
    def one(template: str) -> str:
        return store.shown("ps", "-f", "name=web", "--no-trunc", "--format", template)[0]

    assert one("{{.ID}} {{.Names}} {{.Image}} {{.State}}") == f"{store.ids['web']} web docker.io/me/app:1 running"
    assert one("{{.Command}}") == '"sh -c while true; do sleep 100; done"'
    assert one("{{.RunningFor}}|{{.Status}}") == "Less than a second ago|Up Less than a second"
    assert one("{{.CreatedAt}}").startswith(time.strftime("%Y-"))
    assert one("{{.Labels}}") == "color=red,tier=front"
    assert one('{{.Label "tier"}}{{.Label "none"}}') == "front"
    assert one("{{.Mounts}} {{.LocalVolumes}} {{.Networks}}") == "data,/srv/www 1 host"
    assert one("{{.Size}}").startswith("0B (virtual 0B)")


def test_a_template_table_has_dockers_headings(store):
    head, row = store.shown(
        "ps", "-f", "name=web", "--format", r'table {{.ID}}\t{{.Label "com.x.main-role"}}\t{{.RunningFor}}'
    )
    assert [word for word in head.split("  ") if word] == ["CONTAINER ID", " MAIN ROLE", " CREATED"]
    assert row.startswith(store.ids["web"][:12])


def test_json_is_dockers_lines_or_our_values(store):
    lines = [json.loads(line) for line in store.shown("ps", "-a", "--format", "json")]
    assert len(lines) == len(store.ids)
    assert lines[2]["Names"] == "web"
    assert list(lines[0]) == sorted(lines[0])
    (own,) = json.loads("\n".join(store.shown("ps", "-f", "name=web", "--json")))
    assert own["labels"] == {"color": "red", "tier": "front"}
    assert own["mounts"] == ["data", "/srv/www"]
    assert own["started"] > 0


def test_sizes_count_own_files(store):
    with open(f"{store.engine.paths.container(store.ids['web'])}/upper/file", "wb") as file:
        file.write(b"x" * 1500)
    head, row = store.shown("ps", "-s", "-f", "name=web")
    assert head.endswith("NAMES   SIZE")
    assert row.endswith("1.5kB (virtual 1.5kB)")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (Status("running", NOBODY, NOBODY, health="healthy"), "Up 2 hours (healthy)"),
        (Status("running", NOBODY, NOBODY, health="starting"), "Up 2 hours (health: starting)"),
        (Status("stopping", NOBODY, NOBODY), "Up 2 hours"),
        (Status("paused", NOBODY, NOBODY, health="healthy"), "Up 2 hours (Paused)"),
        (Status("restarting", NOBODY, NOBODY, exit_code=1), "Restarting (1) 3 seconds ago"),
        (Status("exited", NOBODY, NOBODY, exit_code=3), "Exited (3) 3 seconds ago"),
        (Status("created", NOBODY, NOBODY), "Created"),
        (Status("dead", NOBODY, NOBODY), "Dead"),
        (Status("removing", NOBODY, NOBODY), "Removal In Progress"),
    ],
)
def test_status_words_are_dockers(status, text):
    now = time.time()
    assert state_text(status._replace(started=now - 7300, finished=now - 3.5)) == text


@pytest.mark.parametrize(
    ("ports", "exposed", "text"),
    [
        ((), (), ""),
        ((), ("100/tcp", "101", "102/tcp"), "100-102/tcp"),
        ((), ("100/tcp", "102/tcp", "101/udp"), "100/tcp, 102/tcp, 101/udp"),
        ((Port(80, 80), Port(81, 81)), ("80/tcp",), "0.0.0.0:80-81->80-81/tcp"),
        ((Port(80, 8080),), ("80/tcp", "90/tcp"), "90/tcp, 0.0.0.0:8080->80/tcp"),
        ((Port(53, 53, "udp", "::1"),), (), "[::1]:53->53/udp"),
    ],
)
def test_ports_are_grouped_as_docker_groups_them(ports, exposed, text):
    assert port_text(ports, exposed) == text


def test_an_image_that_exposes_what_is_no_port_is_listed():
    image = Image("sha256:" + "a" * 64, "i", (), ports=("80-82/tcp", "abc/tcp", "9" * 5000, "53/udp", "/tcp", "81"))
    row = Container("c" * 64, "n", image.id, Spec("i", exposed=("90-91",)), image, NOBODY, 1.0, False)
    assert exposed(row) == ("80/tcp", "81/tcp", "82/tcp", "53/udp", "90/tcp", "91/tcp")
    assert port_text((), exposed(row)) == "53/udp, 80-82/tcp, 90-91/tcp"


def test_a_row_names_every_placeholder():
    row = ContainerRow("i", "im", "c", 0.0, "running", "Up", 0, "", 0.0, 0.0, "", "n", {}, (), 0, ())
    assert set(row.placeholders()) == set(row.headings())
    assert set(row.layout([row])) <= set(row.headings())

"""What `inspect` tells: Docker's documents, from rows and files."""

import json

import pytest
from hull.errors import UserError
from hull.model import Health, Limits, Mount, Port

from tests.rows import CHILD, EXIT, OWN, UP, Store

CHECK = Health(("CMD-SHELL", "true"), 30.0, 5.0, 2)


@pytest.fixture
def store(tmp_path):
    store = Store(str(tmp_path))
    store.add("web", [*UP, {"event": "health", "status": "unhealthy", "failing": 2}], CHILD, labels=("color=red",),
              ports=(Port(80, 8080), Port(53, 5353, "udp", "127.0.0.1")), health=CHECK, restart="on-failure:3",
              mounts=(Mount("volume", "data", "/data"), Mount("bind", "/srv", "/www", readonly=True)),
              limits=Limits(1 << 20, cpus=1.5), log_driver="json-file", log_options=("max-size=1m",))  # fmt: skip
    with open(f"{store.engine.paths.container(store.ids['web'])}/health", "w", encoding="utf-8") as file:
        file.write('{"start":1.5,"end":2.0,"code":1,"output":"no\\n"}\n')
    store.add("old", [*UP, {**EXIT, "code": 137, "oom": True}])
    store.add("still", [*UP, {"event": "paused"}])
    yield store
    store.engine.close()


def one(store: Store, name: str, template: str, *flags: str) -> str:
    (line,) = store.shown("inspect", *flags, "-f", template, name)
    return line


def test_state(store):
    assert one(store, "web", "{{.State.Status}} {{.State.Running}} {{.State.Pid}}") == f"running true {OWN.pid}"
    assert one(store, "old", "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.Pid}}") == (
        "exited 137 true 0"
    )
    assert one(store, "still", "{{.State.Status}} {{.State.Running}} {{.State.Paused}}") == "paused true true"


def test_health(store):
    health = "{{.State.Health.Status}} {{.State.Health.FailingStreak}}"
    assert one(store, "web", health) == "unhealthy 2"
    assert one(store, "web", "{{range .State.Health.Log}}{{.ExitCode}} {{.Start}} {{json .Output}}{{end}}") == (
        '1 1970-01-01T00:00:01.500000Z "no\\n"'
    )
    assert one(store, "old", "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}") == "none"
    assert one(store, "web", "{{json .Config.Healthcheck.Test}}") == '["CMD-SHELL","true"]'


def test_host_config(store):
    assert one(store, "web", "{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}") == (
        "on-failure 3"
    )
    assert one(store, "web", "{{.HostConfig.LogConfig.Type}} {{json .HostConfig.LogConfig.Config}}") == (
        'json-file {"max-size":"1m"}'
    )
    assert one(store, "web", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}") == "1048576 1500000000"
    assert one(store, "old", "{{.HostConfig.RestartPolicy.Name}}") == "no"


def test_ports_of_a_running_one(store):
    ports = (
        "{{range $p, $conf := .NetworkSettings.Ports}}{{$p}} -> {{if $conf}}{{(index $conf 0).HostPort}}{{end}};{{end}}"
    )
    assert one(store, "web", ports) == "53/udp -> 5353;80/tcp -> 8080;81/tcp -> ;"
    assert one(store, "web", '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostIp}}') == "0.0.0.0"
    assert one(store, "old", "{{json .NetworkSettings.Ports}}") == "{}"


def test_mounts_as_dockers(store):
    mounts = "{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}};{{end}}"
    assert one(store, "web", mounts) == "volume /data true;bind /www false;"
    volume = store("inspect", "web")[0]["Mounts"][0]
    assert volume["Name"] == "data"
    assert volume["Source"].endswith("/volumes/data/_data")


def test_labels_by_index(store):
    assert one(store, "web", '{{index .Config.Labels "color"}}|{{index .Config.Labels "none"}}') == "red|"


def test_sizes_only_where_asked(store):
    assert "SizeRw" not in store("inspect", "web")[0]
    assert one(store, "web", "{{.SizeRw}} {{.SizeRootFs}}", "--size") == "0 0"


def test_json_in_one_line_or_laid_out(store):
    (line,) = store.shown("inspect", "-f", "json", "web", "old")
    assert [document["Name"] for document in json.loads(line)] == ["/web", "/old"]
    assert json.loads("\n".join(store.shown("inspect", "web")))[0]["RestartCount"] == 0
    assert store.shown("inspect", "--json", "web") == store.shown("inspect", "web")


def test_a_template_runs_once_for_each(store):
    assert store.shown("inspect", "-f", "{{.Name}}", "web", "old") == ["/web", "/old"]


def test_an_unknown_field_and_an_unknown_name(store):
    with pytest.raises(UserError, match="no field 'Nope'"):
        store.shown("inspect", "-f", "{{.State.Nope}}", "web")
    with pytest.raises(UserError, match="no such container or image: nobody"):
        store("inspect", "nobody")
    with pytest.raises(UserError, match="no such container: nobody"):
        store("inspect", "--type", "container", "nobody")


def test_an_ended_container_is_told_of_whatever_it_left(store):
    document = store("inspect", "old")[0]
    assert document["State"]["Dead"] is False
    assert document["LogPath"] == ""
    assert document["Hull"]["Monitor"] == 0

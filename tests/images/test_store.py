import json
import os
import sqlite3
import threading

import hull
import pytest
from hull.errors import HullError, RegistryError, UserError
from hull.images import reference

from tests import imagebuild, registries
from tests.imagebuild import layer, member

ONE = imagebuild.image(layer(member("a", b"1")), layer(member("b", b"2")), run={"Cmd": ["x"], "Env": ["A=b"]})


def serve(made, *tags, answer=None):
    return registries.served(
        answer or registries.image_answer(made.blobs, dict.fromkeys(tags or ("1",), made.manifest))
    )


def write(box, data, name="archive.tar"):
    path = f"{box.base}/{name}"
    with open(path, "wb") as file:
        file.write(data)
    return path


def test_a_pulled_image_resolves_without_the_registry(box):
    with serve(ONE) as stub:
        pulled = box.images.pull(f"{stub.address}/a:1")
    for name in (
        f"{stub.address}/a:1",
        f"{stub.address}/a@{ONE.manifest}",
        ONE.config,
        ONE.config[7:19],
        pulled.id[7:9],
    ):
        found = box.images.resolve(name, "never")
        assert found == pulled._replace(reference=name)
    assert [os.listdir(path) for path in found.layers] == [["a"], ["b"]]
    assert (found.command, found.env, found.architecture) == (("x",), ("A=b",), imagebuild.host_architecture())


def test_every_field_of_a_config_arrives(box):
    run = {
        "Cmd": ["c", ""], "Entrypoint": ["e"], "Env": ["A=b=c", "E="], "WorkingDir": "/w", "User": "1:2",
        "StopSignal": "SIGINT", "Volumes": {"/v": {}, '/q"uo.te': {}}, "ExposedPorts": {"80/tcp": {}},
        "Labels": {"a.b": "c", 'q"': "", "d": "e=f"}, "Healthcheck": {"Test": ["NONE"]},
    }  # fmt: skip
    made = imagebuild.image(layer(), run=run)
    box.images.load(write(box, imagebuild.docker_archive(made, "a:1")))
    found = box.images.resolve("a:1")
    assert found.command == ("c", "")
    assert (found.entrypoint, found.env, found.workdir, found.user) == (("e",), ("A=b=c", "E="), "/w", "1:2")
    assert (found.stop_signal, found.ports) == ("SIGINT", ("80/tcp",))
    assert set(found.volumes) == {"/v", '/q"uo.te'}
    assert set(found.labels) == {"a.b=c", 'q"=', "d=e=f"}


def test_the_pull_policies(box):
    with serve(ONE) as stub:
        name = f"{stub.address}/a:1"
        with pytest.raises(UserError, match="--pull never"):
            box.images.resolve(name, "never")
        box.images.resolve(name)
        asked = len(stub.requests)
        box.images.resolve(name)
        assert len(stub.requests) == asked
        box.images.resolve(name, "always")
        assert len(stub.requests) > asked
        assert not [r for r in stub.requests[asked:] if any(key in r.path for key in ONE.layers)]
    with pytest.raises(UserError, match="--pull sometimes"):
        box.images.resolve(name, "sometimes")


def test_another_platform_is_fetched_not_mistaken(box):
    other = imagebuild.image(layer(member("arm")), architecture="arm64")
    body, blobs = imagebuild.index(
        (other, {"platform": {"os": "linux", "architecture": "arm64"}}),
        (ONE, {"platform": {"os": "linux", "architecture": imagebuild.host_architecture()}}),
    )
    key = imagebuild.digest(body)
    if imagebuild.host_architecture() == "arm64":
        pytest.skip("needs a host that is not arm64")
    with registries.served(registries.image_answer({**blobs, key: body}, {"1": key})) as stub:
        name = f"{stub.address}/a:1"
        assert box.images.resolve(name).id == ONE.config
        assert box.images.resolve(name, platform="linux/arm64").id == other.config
        assert box.images.image_details(name)["Platforms"][0]["Platform"].startswith("linux/arm64")


def test_an_image_for_another_machine_is_taken_with_a_warning_and_refused_when_asked(box):
    made = imagebuild.image(layer(), architecture="s390x")
    with serve(made) as stub:
        box.images.pull(f"{stub.address}/a:1")
        assert ["s390x" in event.text for event in box.events if event.kind == "warning"] == [True]
        with pytest.raises(UserError, match="made for linux/s390x"):
            box.images.pull(f"{stub.address}/a:1", "linux/amd64")


def test_a_layer_that_comes_twice_is_mounted_once_where_it_is_on_top(box):
    same, other = layer(member("f", b"same")), layer(member("g"))
    made = imagebuild.image(same, other, same)
    with serve(made) as stub:
        found = box.images.pull(f"{stub.address}/a:1")
    assert [sorted(os.listdir(path)) for path in found.layers] == [["g"], ["f"]]


def test_an_image_without_layers(box):
    made = imagebuild.image(run={"Cmd": ["x"]})
    with serve(made) as stub:
        assert box.images.pull(f"{stub.address}/a:1").layers == ()
        assert box.images.resolve(f"{stub.address}/a:1", "never").command == ("x",)


def test_ids_that_begin_alike(box):
    with serve(ONE) as stub:
        box.images.pull(f"{stub.address}/a:1")
    with pytest.raises(UserError, match="not here"):
        box.images.resolve("sha256:" + "0" * 64, "never")
    rows = box.images.rows
    rows._db.write(
        "INSERT INTO images (id, manifest, config, size, created) VALUES (?,'','{}',0,0)", ONE.config[:-1] + "x"
    )
    with pytest.raises(UserError, match="several image ids"):
        box.images.resolve(ONE.config[7:19], "never")


def broken_layer(made):
    key = made.layers[-1]
    return {**made.blobs, key: made.blobs[key][:-1] + b"!"}


@pytest.mark.parametrize("hurt", [
    broken_layer,
    lambda made: {k: v for k, v in made.blobs.items() if k != made.layers[-1]},
    lambda made: {k: v for k, v in made.blobs.items() if k != made.config},
])  # fmt: skip
def test_b35_a_failed_pull_leaves_the_store_as_it_was(box, hurt):
    with serve(ONE, answer=registries.image_answer(hurt(ONE), {"1": ONE.manifest})) as stub:
        before = box.store_files()
        with pytest.raises(RegistryError):
            box.images.pull(f"{stub.address}/a:1")
        assert box.store_files() == before
    with serve(ONE) as stub:
        assert box.images.pull(f"{stub.address}/a:1").id == ONE.config


def test_a_config_that_lies_about_its_layers(box):
    wrong = [imagebuild.digest(b"x"), imagebuild.digest(b"y")]
    made = imagebuild.image(*(layer(member("a")),) * 2, edit_config={"rootfs": {"type": "layers", "diff_ids": wrong}})
    with serve(made) as stub:
        before = box.store_files()
        with pytest.raises(RegistryError, match="it unpacks to"):
            box.images.pull(f"{stub.address}/a:1")
        assert box.store_files() == before
    made = imagebuild.image(layer(), edit_config={"rootfs": {"type": "layers", "diff_ids": wrong}})
    with serve(made) as stub, pytest.raises(RegistryError, match="1 layers, but its config names 2"):
        box.images.pull(f"{stub.address}/a:1")


def test_b36_two_at_once_download_once(box):
    fetched, gate = [], threading.Barrier(2)
    honest = registries.image_answer(ONE.blobs, {"1": ONE.manifest})

    def answer(request):
        if any(key in request.path for key in ONE.layers):
            fetched.append(request.path)
        return honest(request)

    with serve(ONE, answer=answer) as stub:
        failures = []

        def pull():
            from hull import paths
            from hull.engine import Engine

            gate.wait()
            try:
                Engine(paths.find({"HULL_ROOT": f"{box.base}/store", "HOME": "/"})).images.pull(f"{stub.address}/a:1")
            except BaseException as error:  # noqa: BLE001 (told in the test's own thread)
                failures.append(error)

        threads = [threading.Thread(target=pull) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert failures == []
    assert len(fetched) == len(ONE.layers)


def test_single_and_range_do_not_mix(box):
    with serve(ONE) as stub:
        wide = box.images.pull(f"{stub.address}/a:1")
        narrow = box.images.resolve(f"{stub.address}/a:1", flavour="single")
    assert not set(wide.layers) & set(narrow.layers)
    assert box.images.resolve(ONE.config, "never", flavour="single") == narrow._replace(reference=ONE.config)


def test_what_was_loaded_for_another_map_is_there_too(box):
    box.images.load(write(box, imagebuild.docker_archive(ONE, "a:1")))
    assert [os.listdir(path) for path in box.images.resolve("a:1", "never", flavour="single").layers] == [["a"], ["b"]]


def test_rmi_takes_the_tag_then_the_image_then_the_layers(box):
    before = box.store_files()
    with serve(ONE, "1", "2") as stub:
        box.images.pull(f"{stub.address}/a:1")
        box.images.pull(f"{stub.address}/a:2")
    assert box.images.remove(f"{stub.address}/a:1") == [f"{stub.address}/a:1"]
    assert box.images.resolve(f"{stub.address}/a:2", "never").id == ONE.config
    gone = box.images.remove(f"{stub.address}/a:2")
    assert gone == [f"{stub.address}/a:2", f"{stub.address}/a@{ONE.manifest}", ONE.config]
    assert box.store_files() == before


def test_rmi_by_id_of_several_names_asks_for_force(box):
    with serve(ONE, "1", "2") as stub:
        box.images.pull(f"{stub.address}/a:1")
        box.images.pull(f"{stub.address}/a:2")
        with pytest.raises(UserError, match="several references"):
            box.images.remove(ONE.config[7:19])
        assert ONE.config in box.images.remove(ONE.config[7:19], force=True)
    with pytest.raises(UserError, match="no such image"):
        box.images.remove(ONE.config)


def test_rmi_keeps_layers_that_another_image_needs(box):
    shared = layer(member("shared"))
    first, second = imagebuild.image(shared, run={"Cmd": ["1"]}), imagebuild.image(shared, run={"Cmd": ["2"]})
    for made, name in ((first, "a:1"), (second, "b:1")):
        box.images.load(write(box, imagebuild.docker_archive(made, name)))
    box.images.remove("a:1")
    (directory,) = box.images.resolve("b:1", "never").layers
    assert os.listdir(directory) == ["shared"]


def use(box, name, ident="c" * 64):
    image = box.images.resolve(name, "never")
    os.mkdir(box.engine.paths.container(ident))
    values = (ident, "user", image.id, "{}", "{}", "", 0, 0)
    columns = "id, name, image, spec, config, creator, created, remove"
    box.engine.db.write(f"INSERT INTO containers ({columns}) VALUES (?,?,?,?,?,?,?,?)", *values)


def test_rmi_of_an_image_in_use(box):
    box.images.load(write(box, imagebuild.docker_archive(ONE, "a:1")))
    use(box, "a:1")
    with pytest.raises(UserError, match="container user uses it"):
        box.images.remove("a:1")
    assert box.images.remove("a:1", force=True) == ["a:1"]
    assert all(os.path.isdir(path) for path in box.images.resolve(ONE.config, "never").layers)
    os.rmdir(box.engine.paths.container("c" * 64))
    assert box.images.remove(ONE.config) == [ONE.config]


def test_scratch_of_the_dead_goes_with_the_next_pull(box):
    layers = box.images.layers
    dead = layers.scratch("range", "0" * 24)
    layers.unpack(dead, "range", iter([layer(member("d/e/f", uid=7))]))
    published = f"{box.engine.paths.layers('range')}/{'1' * 24}"
    os.mkdir(published)
    with serve(ONE) as stub:
        box.images.pull(f"{stub.address}/a:1")
    assert not os.path.exists(dead)
    assert not os.path.exists(published)


def test_nobody_cleans_while_an_image_comes(box):
    dead = box.images.layers.scratch("range", "0" * 24)
    with box.images.bringing():
        box.images.clean()
        assert os.path.isdir(dead)
    box.images.clean()
    assert not os.path.exists(dead)


def test_import(box):
    path = write(box, imagebuild.compress(layer(member("etc/x", b"1")), "gzip"))
    ident = box.images.import_(path, "a/b:1", ('CMD ["sh"]', "ENV A=b"), message="why", platform="linux/arm64")
    found = box.images.resolve("a/b:1", "never", "linux/arm64")
    assert (found.id, found.command, found.env, found.architecture) == (ident, ("sh",), ("A=b",), "arm64")
    assert box.images.image_details(ident)["Comment"] == "why"
    with open(path, "rb") as file:
        assert box.images.import_(file) != ident
    assert len(box.images.rows.layers()) == 1


def test_a_failed_import_leaves_nothing(box):
    before = box.store_files()
    with pytest.raises(HullError):
        box.images.import_(write(box, layer(member("a"))[:600] + b"x" * 600), "a:1")
    with pytest.raises(UserError):
        box.images.import_(f"{box.base}/no-such-file", "a:1")
    with pytest.raises(UserError):
        box.images.import_(f"{box.base}/archive.tar", "A:1")
    assert box.store_files() == before


def test_details(box):
    with serve(ONE) as stub:
        box.images.pull(f"{stub.address}/a:1")
        found = box.images.image_details(f"{stub.address}/a:1")
    json.dumps(found)
    assert found["Id"] == ONE.config
    assert found["RepoTags"] == [f"{stub.address}/a:1"]
    assert found["RepoDigests"] == [f"{stub.address}/a@{ONE.manifest}"]
    assert found["Config"]["Cmd"] == ["x"]
    assert len(found["RootFS"]["Layers"]) == 2
    with pytest.raises(UserError, match="no such image"):
        box.images.image_details("nothing:1")


def test_a_start_costs_three_queries_and_no_import(box):
    import subprocess
    import sys

    box.images.load(write(box, imagebuild.docker_archive(ONE, "a:1")))
    code = (
        "import sys\n"
        "from hull import paths\n"
        "from hull.engine import Engine\n"
        f"engine = Engine(paths.find({{'HULL_ROOT': {box.base + '/store'!r}, 'HOME': '/'}}))\n"
        "engine.db.connection.set_trace_callback(lambda sql: print('SQL', sql[:20]))\n"
        "engine.images.resolve('a:1')\n"
        "print('HEAVY', [m for m in ('json', 'urllib3', 'hashlib', 'subprocess', 'threading', 'dataclasses',\n"
        "                'inspect', 'pathlib', 'argparse', 'tomllib', 'hull.images.layers') if m in sys.modules])\n"
    )
    home = os.path.dirname(os.path.dirname(hull.__file__))  # an editable installation has it in no path
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env={
        **os.environ, "PYTHONPATH": ":".join((home, *filter(None, sys.path))),
    })  # fmt: skip
    lines = done.stdout.splitlines()
    assert len([line for line in lines if line.startswith("SQL")]) == 3
    assert lines[-1] == "HEAVY []"


def test_the_row_comes_last(box, monkeypatch):
    def fail(*_):
        raise sqlite3.OperationalError("disk full")

    rows = box.images.rows
    monkeypatch.setattr(rows, "add", fail)
    with serve(ONE) as stub, pytest.raises(sqlite3.OperationalError):
        box.images.pull(f"{stub.address}/a:1")
    assert rows.all() == []
    assert reference.parse("a").key not in dict(rows.tags())

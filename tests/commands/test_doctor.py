"""Doctor tries, tells in order, and fails only where no container could run."""

import os
import tempfile
from types import SimpleNamespace

import pytest
from hull.commands.doctor import EFFECTS, FIXES, Report, Row, doctor
from hull.errors import HostError
from hull.kernel.features import FEATURES
from hull.model import Identity, IdMap
from hull.paths import Paths

from tests.commandline import remove_tree

RANGE = Identity("range", (IdMap(0, 1, 65536),), (IdMap(0, 1, 65536),), ("/newuidmap", "/newgidmap"))
SINGLE = Identity("single", (IdMap(0, 1, 1),), (IdMap(0, 1, 1),))


class Host:
    """Answer from a table of reasons."""

    def __init__(self, reasons, programs):
        self.reasons, self.programs, self.forgotten = reasons, programs, 0

    def forget(self):
        self.forgotten += 1

    def probe(self, feature, run):
        return self.reasons.get(feature, "")

    def attempt(self, module, subject, run):
        return self.reasons.get(subject, "")

    def program(self, name):
        return f"/bin/{name}" if name in self.programs else ""


@pytest.fixture
def report(tmp_path):
    def make(identity=RANGE, programs=("newuidmap", "newgidmap", "slirp4netns", "pasta"), **reasons):
        def decide():
            if isinstance(identity, Exception):
                raise identity
            return identity

        host = Host({key.replace("_", "-"): reason for key, reason in reasons.items()}, programs)
        paths = Paths(str(tmp_path), str(tmp_path), str(tmp_path))
        engine = SimpleNamespace(host=host, paths=paths, identity=decide, confine=None, launcher=lambda: "/launcher")
        made = doctor(engine)
        assert host.forgotten == 1
        return made

    return make


def states(report):
    return {row.check: row.state for row in report.rows}


def test_a_host_that_has_everything(report):
    found = report()
    assert found.exit_code == 0
    assert {row.state for row in found.rows if row.check != "limit memory, processors and processes"} <= {"ok", "warn"}
    assert str(found).count("\n") >= 10


def test_without_user_namespaces_nothing_else_is_tried(report):
    found = report(user_namespace="Operation not permitted")
    assert found.exit_code == 1
    assert found.rows[-1].check == "mount in a user namespace"
    assert found.rows[-1].fix


def test_one_backend_is_enough(report):
    found = report(programs=("newuidmap", "newgidmap", "pasta"))
    assert found.exit_code == 0
    row = next(row for row in found.rows if "slirp4netns" in row.check)
    assert (row.state, row.found) == ("warn", "not installed")
    assert row.fix.endswith(" slirp4netns")
    assert report(programs=("newuidmap", "newgidmap")).exit_code == 1


def test_a_missing_range_is_a_warning_with_its_fix(report):
    found = report(SINGLE)
    row = next(row for row in found.rows if row.check == "map a range of ids")
    assert (row.state, found.exit_code) == ("warn", 0)
    assert "usermod --add-subuids" in row.fix
    row = next(row for row in report(SINGLE, ("slirp4netns",)).rows if row.check == "map a range of ids")
    assert row.found.startswith("newuidmap is not installed")


def test_b71_a_broken_helper_is_named(report):
    found = report(HostError("cannot map: /usr/bin/newuidmap is powerless", "chmod u+s /usr/bin/newuidmap"))
    assert found.exit_code == 1
    assert "chmod u+s /usr/bin/newuidmap" in str(found)


def test_a_warning_is_no_failure_and_a_failure_is_one(report):
    assert report(fuse_overlay="no /dev/fuse").exit_code == 0
    found = report(overlay="Invalid argument")
    assert found.exit_code == 1
    assert "Invalid argument" in str(found)


@pytest.mark.parametrize(("ability", "check", "word"), [
    ("bridge", "join containers by networks of their own", "modprobe -a bridge"),
    ("egress", "filter what a container reaches", "--egress needs it"),
])  # fmt: skip
def test_networks_of_ones_own_and_policies_are_tried(report, ability, check, word):
    found = report(**{ability: "Protocol not supported"})
    (row,) = (row for row in found.rows if row.check == check)
    assert (row.state, row.found, found.exit_code) == ("warn", "Protocol not supported", 0)
    assert word in row.fix
    assert states(report())[check] == "ok"


def test_every_feature_has_a_line():
    assert {feature for feature, *_ in EFFECTS} == set(FEATURES) - {"user-namespace", "subordinate-range"}
    assert set(FIXES) <= {feature for feature, *_ in EFFECTS}


def test_a_fix_stands_below_its_line():
    text = str(Report((Row("warn", "do a thing", "no thing", "as root: thing"),)))
    assert text == "warn  do a thing: no thing\n      as root: thing"


@pytest.mark.real
@pytest.mark.needs("launcher", "userns")
@pytest.mark.single_id
@pytest.mark.as_root
def test_on_this_machine():
    from hull.engine import Engine

    base = tempfile.mkdtemp(prefix="hull-")
    os.chmod(base, 0o711)  # root's mapped ids pass through
    try:
        found = doctor(Engine(Paths(f"{base}/s", f"{base}/s/run", f"{base}/s/config")))
    finally:
        remove_tree(base)
    assert states(found)["mount in a user namespace"] == "ok"
    assert states(found)["change and delete through an overlay in the store"] == "ok"

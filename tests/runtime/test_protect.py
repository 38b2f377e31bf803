import pytest
from hull.errors import HostError, UserError
from hull.runtime import protect
from hull.runtime.protect import parse_security


def test_the_default_hides_and_locks_what_docker_does():
    security = parse_security(())
    assert {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware", "/proc/acpi"} <= set(security.masked)
    assert {"/proc/sys", "/proc/sysrq-trigger", "/proc/bus", "/proc/irq", "/proc/fs"} == set(security.readonly)
    assert security.seccomp == ""
    assert not security.no_new_privileges


def test_one_mapped_id_gives_up_set_uid_unless_told_otherwise():
    assert parse_security((), "single").no_new_privileges
    assert not parse_security(("no-new-privileges:false",), "single").no_new_privileges


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("no-new-privileges", True),
        ("no-new-privileges:true", True),
        ("no-new-privileges=TRUE", True),
        ("no-new-privileges:false", False),
    ],
)
def test_no_new_privileges(option, value):
    assert parse_security((option,)).no_new_privileges is value


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("seccomp=unconfined", "unconfined"),
        ("seccomp:unconfined", "unconfined"),
        ("seccomp=/a=b:c.json", "/a=b:c.json"),
        ("seccomp=builtin", ""),
    ],
)
def test_seccomp(option, value):
    assert parse_security((option,)).seccomp == value


def test_paths_are_unhidden_and_hidden():
    assert parse_security(("systempaths=unconfined",))[2:] == ((), ())
    assert parse_security(("unmask=ALL",))[2:] == ((), ())
    security = parse_security(("unmask=/proc/kcore:/proc/sys", "mask=/srv:/proc/keys"))
    assert "/proc/kcore" not in security.masked
    assert "/proc/sys" not in security.readonly
    assert "/srv" in security.masked
    assert security.masked.count("/proc/keys") == 1


@pytest.mark.parametrize("option", ["apparmor=docker-default", "label=type:container_t", "label=user:x"])
def test_a_profile_that_cannot_be_applied_is_an_error(option):
    with pytest.raises(HostError, match="AppArmor or SELinux"):
        parse_security((option,))


def test_saying_that_there_is_no_profile_is_fine():
    assert parse_security(("apparmor=unconfined", "label=disable")) == parse_security(())


@pytest.mark.parametrize("option", ["", "x", "mask=proc", "mask=/a/../b", "no-new-privileges=maybe", "systempaths=off"])
def test_anything_else_is_refused(option):
    with pytest.raises(UserError) as caught:
        parse_security((option,))
    assert caught.value.hint


def test_heat_counters_are_hidden_where_there_are_any(tmp_path, monkeypatch):
    for name in ("cpu0", "cpu1", "cpufreq"):
        (tmp_path / name / "thermal_throttle").mkdir(parents=True)
    (tmp_path / "cpu2").mkdir()
    monkeypatch.setattr(protect, "_CPUS", str(tmp_path))
    found = [path for path in parse_security(()).masked if path.startswith(str(tmp_path))]
    assert found == [f"{tmp_path}/cpu0/thermal_throttle", f"{tmp_path}/cpu1/thermal_throttle"]

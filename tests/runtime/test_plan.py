"""Plans are pure: what was asked in, ordered ops out, no kernel."""

from typing import Any

import pytest
from hull.errors import UserError
from hull.model import Attachment, Image, Mount, Spec, Trial, Ulimit
from hull.runtime import ops, plan

IMAGE = Image("sha256:0", "busybox", ("/store/a", "/store/b"), ("entry",), ("default", "arg"), ("PATH=/bin", "A=image"))
CONFINEMENT = plan.Confinement(
    "3", "0", ("aa", "bb"), no_new_privileges=False, masked=("/proc/kcore",), readonly=("/proc/sys",)
)


def site(**changes: Any) -> plan.Site:
    base = plan.Site(
        ident="f" * 64,
        directory="/c/f",
        flavour="range",
        identity=(("userns-new",), ("uid-map", "0", "1000", "1")),
        nested=False,
        root=(("root-overlay", "/c/f/upper", "/c/f/work"), ("lower", "/store/b"), ("lower", "/store/a")),
        root_helper=(),
        attachment=Attachment("none", (), ()),
        confinement=CONFINEMENT,
    )
    return base._replace(**changes)


def words(steps: list[ops.Op], name: str) -> list[ops.Op]:
    return [step for step in steps if step[0] == name]


def test_every_op_is_one_the_launcher_knows() -> None:
    spec = Spec(
        "busybox",
        mounts=(Mount("tmpfs", "", "/x"),),
        sysctls=("net.a=1",),
        ulimits=(Ulimit("nofile", 1, 2),),
        groups=("g",),
        readonly=True,
        remove=True,
    )
    assert ops.encode(plan.build(spec, IMAGE, site())).endswith(b"\0end\0")


def test_a_try_keeps_its_signals_inside_and_its_streams_closed() -> None:
    closed = {("signals-inside",), ("streams-closed",)}
    assert not closed & set(plan.build(Spec("busybox"), IMAGE, site()))
    tried = Spec("busybox", trial=Trial())
    assert closed <= set(plan.build(tried, IMAGE, site()))
    joined = plan.execution(tried, (), (1, 2), plan.program(tried, IMAGE, "f" * 64, CONFINEMENT, "range"))
    assert closed & set(joined) == {("streams-closed",)}


def test_stages_come_in_the_order_in_which_they_happen() -> None:
    order = ["prepare", "identity", "namespaces", "helpers", "mounts", "settings", "program", "finish"]
    stages = [order.index(ops.OPS[step[0]].stage) for step in plan.build(Spec("busybox", remove=True), IMAGE, site())]
    assert stages == sorted(stages)


@pytest.mark.parametrize(
    ("entrypoint", "command", "expected"),
    [
        (None, (), ("entry", "default", "arg")),
        (None, ("x",), ("entry", "x")),
        (("mine",), (), ("mine",)),
        (("mine",), ("x",), ("mine", "x")),
        (("",), ("x",), ("x",)),
    ],
)
def test_the_command_follows_dockers_rule(entrypoint: Any, command: Any, expected: Any) -> None:
    assert plan.command(Spec("busybox", command=command, entrypoint=entrypoint), IMAGE) == expected


def test_an_image_without_a_command_is_the_users_error() -> None:
    with pytest.raises(UserError, match="no command"):
        plan.command(Spec("empty"), Image("", "empty", ()))


def test_the_users_variables_win_over_the_images_and_values_keep_their_bytes() -> None:
    env = plan.environment(Spec("busybox", env=('A=a\nb="c"', "E=")), IMAGE, "name")
    assert env == {"PATH": "/bin", "HOSTNAME": "name", "A": 'a\nb="c"', "E": ""}


def test_the_network_namespace_belongs_to_the_kept_one_unless_it_is_administered() -> None:
    def kind(**spec: Any) -> str:
        steps = plan.build(Spec("busybox", **spec), IMAGE, site(nested=True))
        return words(steps, "namespace")[-1][1]

    assert kind() == "net-outer"
    assert kind(cap_add=("cap_net_admin",)) == "net"
    assert kind(cap_add=("ALL",)) == "net"


def test_the_hosts_network_keeps_the_hosts_name_and_makes_no_namespace() -> None:
    steps = plan.build(Spec("busybox", network="host"), IMAGE, site(attachment=Attachment("host", (), ())))
    assert not words(steps, "hostname")
    assert not words(steps, "loopback")
    assert ("namespace", "net") not in steps


def test_mounts_go_from_the_shallow_to_the_deep() -> None:
    spec = Spec("busybox", mounts=(Mount("bind", "/s", "/a/b/c"), Mount("bind", "/t", "/a", readonly=True)))
    steps = plan.build(spec, IMAGE, site(mounts=spec.mounts))
    assert [step for step in words(steps, "bind") if step[1] in ("/s", "/t")] == [
        ("bind", "/t", "/a", "nosuid,nodev,ro"),
        ("bind", "/s", "/a/b/c", "nosuid,nodev"),
    ]


def test_a_tmpfs_gives_up_only_the_restrictions_that_were_named() -> None:
    def flags(*options: str) -> str:
        spec = Spec("busybox", mounts=(Mount("tmpfs", "", "/t", options=options),))
        return next(s for s in words(plan.build(spec, IMAGE, site(mounts=spec.mounts)), "mount") if s[2] == "/t")[3]

    assert flags() == "nosuid,nodev,noexec"
    assert flags("exec", "size=1m", "noatime") == "nosuid,nodev,noatime"


def test_a_volume_is_filled_by_the_image_unless_told_not_to() -> None:
    volumes = (Mount("volume", "/v", "/a"), Mount("volume", "/w", "/b", options=("nocopy",)))
    steps = plan.build(Spec("busybox"), IMAGE, site(mounts=volumes))
    assert words(steps, "fill") == [("fill", "/v", "/a")]
    assert not any("nocopy" in step[-1] for step in words(steps, "bind"))


def test_nothing_is_removed_unless_asked() -> None:
    assert not words(plan.build(Spec("busybox"), IMAGE, site()), "remove")
    assert words(plan.build(Spec("busybox", remove=True), IMAGE, site()), "remove") == [("remove", "/c/f")]


def test_a_single_id_has_no_terminal_group_and_tells_apt() -> None:
    steps = plan.build(Spec("busybox"), IMAGE, site(flavour="single"))
    assert not any("gid=5" in step[-1] for step in words(steps, "mount") if step[1] == "devpts")
    assert ("env", f"APT_CONFIG={plan.APT_CONFIG}") in steps


def test_filters_are_installed_in_order_after_the_capabilities() -> None:
    names = [step[0] for step in plan.build(Spec("busybox"), IMAGE, site())]
    assert names.index("capabilities") < names.index("seccomp")
    assert names.count("seccomp") == len(CONFINEMENT.filters)

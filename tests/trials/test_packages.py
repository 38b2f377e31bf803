"""What package managers did is told from their own files, and changed paths are theirs."""

import json

from hull.trials import packages, reporting
from hull.trials.packages import Row

from tests.trials.making import Contents, change, changes_of, entry


def stanza(name, version, status="install ok installed", architecture="amd64"):
    return (
        f"Package: {name}\nStatus: {status}\nArchitecture: {architecture}\nVersion: {version}\nDescription: x\n y\n\n"
    )


def summary(old, new, *more):
    made, contents = changes_of(
        {path: text.encode() for path, text in old.items()}, {path: text.encode() for path, text in new.items()}
    )
    return packages.summary(sorted([*made, *more], key=lambda one: one.path.split("/")), contents)


def test_packages_of_debian_with_their_files():
    status, info = "/var/lib/dpkg/status", "/var/lib/dpkg/info"
    before = (
        stanza("dpkg", "1")
        + stanza("old", "2")
        + stanza("up", "3~a")
        + stanza("half", "1", "deinstall ok config-files")
    )
    after = "".join([
        stanza("dpkg", "1"), stanza("up", "3"), stanza("sl", "5.02"),
        stanza("half", "2", "install ok half-configured"),
        stanza("other", "1", architecture="i386"), stanza("data", "1", architecture="all"),
    ])  # fmt: skip
    rows = summary(
        {status: before, f"{info}/old.list": "/.\n/usr/bin/old\n", "/usr/bin/old": "x", "/etc/mine": "a"},
        {
            status: after,
            f"{info}/sl.list": "/.\n/usr\n/usr/games\n/usr/games/sl\n/bin/sl\n",
            f"{info}/other:i386.list": "/usr/lib/other\n",
            "/usr/games/sl": "x", "/usr/bin/sl": "y", "/usr/lib/other": "z",
            "/etc/mine": "b", "/var/log/dpkg.log": "l",
        },
        change("/etc/alternatives/train", None, entry("link", target="../../usr/games/sl")),
        change("/etc/other", None, entry("link", target="/etc/mine")),
    )  # fmt: skip
    assert [row[:5] for row in rows] == [
        ("apt", "installed", "data", "", "1"),
        ("apt", "removed", "old", "2", ""),
        ("apt", "installed", "other:i386", "", "1"),
        ("apt", "installed", "sl", "", "5.02"),
        ("apt", "changed", "up", "3~a", "3"),
    ]
    paths = {row.name: set(row.paths) for row in rows}
    assert paths["sl"] == {"/usr/games/sl", "/usr/bin/sl", f"{info}/sl.list", "/etc/alternatives/train"}
    assert paths["old"] == {"/usr/bin/old", f"{info}/old.list"}
    assert paths["other:i386"] == {"/usr/lib/other", f"{info}/other:i386.list"}
    assert paths["data"] == {status, "/var/log/dpkg.log"}
    assert not any("/etc/mine" in row.paths for row in rows)


def test_distributions_of_python_with_their_files():
    place = "/usr/lib/python3/dist-packages"
    record = "foo/__init__.py,,\nfoo/sub/a.py,,\n../../../bin/foo,,\nfoo_bar-2.0.dist-info/RECORD,,\n"
    rows = summary(
        {f"{place}/gone-1.dist-info/RECORD": "gone.py,,\n", f"{place}/gone.py": "x"},
        {
            f"{place}/foo_bar-2.0.dist-info/RECORD": record,
            f"{place}/foo/__init__.py": "x", f"{place}/foo/sub/a.py": "x", "/usr/bin/foo": "x",
            f"{place}/foo/__pycache__/__init__.cpython-311.pyc": "x",
        },
        change(f"{place}/foo_bar-2.0.dist-info", None, entry("directory")),
        change(f"{place}/foo_bar-1.9.dist-info", entry("directory"), None),
        change(f"{place}/gone-1.dist-info", entry("directory"), None),
        change(f"{place}/foo", None, entry("directory")),
        change(f"{place}/foo/__pycache__", None, entry("directory")),
    )  # fmt: skip
    assert [row[:5] for row in rows] == [
        ("pip", "changed", "foo-bar", "1.9", "2.0"),
        ("pip", "removed", "gone", "1", ""),
    ]
    assert set(rows[0].paths) >= {
        f"{place}/foo_bar-1.9.dist-info", f"{place}/foo_bar-2.0.dist-info", f"{place}/foo/sub/a.py", f"{place}/foo",
        "/usr/bin/foo", f"{place}/foo/__pycache__", f"{place}/foo/__pycache__/__init__.cpython-311.pyc",
    }  # fmt: skip
    assert set(rows[1].paths) >= {f"{place}/gone-1.dist-info", f"{place}/gone.py"}


def test_what_others_leave():
    node = "/usr/lib/node_modules"
    rows = summary(
        {f"{node}/old/package.json": json.dumps({"version": "1"}), "/home/u/.cargo/.crates.toml": "[v1]\n"},
        {
            f"{node}/old/package.json": json.dumps({"version": "2"}),
            f"{node}/@s/n/package.json": json.dumps({"version": "3"}), f"{node}/@s/n/x.js": "x",
            f"{node}/@s/n/node_modules/inner/package.json": json.dumps({"version": "9"}),
            f"{node}/broken/package.json": "{",
            "/home/u/.cargo/.crates.toml": '[v1]\n"ripgrep 13.0.0 (registry)" = ["rg"]\n',
            "/home/u/.cargo/bin/rg": "x",
            "/var/lib/gems/3.1/specifications/rake-13.0.gemspec": "x", "/var/lib/gems/3.1/gems/rake-13.0/a": "x",
        },
        change("/etc/systemd/system/multi-user.target.wants/nginx.service", None, entry("link", target="x")),
    )  # fmt: skip
    assert [row[:5] for row in rows] == [
        ("npm", "installed", "@s/n", "", "3"),
        ("npm", "changed", "old", "1", "2"),
        ("gem", "installed", "rake", "", "13.0"),
        ("cargo", "installed", "ripgrep", "", "13.0.0"),
        ("unit", "enabled", "nginx.service", "", ""),
    ]
    assert f"{node}/@s/n/node_modules/inner/package.json" in rows[0].paths
    assert rows[3].paths == ("/home/u/.cargo/bin/rg",)


def test_accounts_that_came_and_went():
    rows = summary(
        {"/etc/passwd": "root:x:0:0::/:\nold:x:7:7::/:\n", "/etc/group": "root:x:0:\n"},
        {"/etc/passwd": "root:x:0:0::/:\npg:x:105:110::/:\ngarbage\n", "/etc/group": "root:x:0:\npg:x:110:\n"},
    )
    assert rows == [
        Row("user", "removed", "old", "", "7"),
        Row("user", "added", "pg", "", "105"),
        Row("group", "added", "pg", "", "110"),
    ]


def test_what_a_hostile_package_says_of_itself_hides_no_change():
    node, place = "/usr/lib/node_modules", "/usr/lib/python3/dist-packages"
    rows = summary(
        {},
        {
            f"{node}/deep/package.json": "[" * 100_000,
            f"{node}/odd/package.json": '{"version": "\\ud800"}',
            "/home/u/.cargo/.crates.toml": f"[v1]\n'a 1 (x)' = {'[' * 5000}{']' * 5000}\n",
            "/home/v/.cargo/.crates.toml": "[v1]\n'a 1 (x)' = 3\n'b 1 (x)' = [['c'], 'd']\n",
            "/home/v/.cargo/bin/d": "x",
            f"{place}/long-1.dist-info/RECORD": f"long.py,,\n{'x' * (1 << 18)},,\n",
            f"{place}/long.py": "x",
        },
        change(f"{place}/long-1.dist-info", None, entry("directory")),
    )
    assert [row[:5] for row in rows] == [
        ("pip", "installed", "long", "", "1"),
        ("npm", "installed", "odd", "", "\ud800"),
        ("cargo", "installed", "b", "", "1"),
    ]
    assert rows[2].paths == ("/home/v/.cargo/bin/d",)
    assert f"{place}/long.py" in rows[0].paths
    assert '"\\355\\240\\200"' in reporting.Lines(reporting.packages(rows))[2]


def test_what_cannot_be_understood_is_no_package():
    made = [change("/var/lib/dpkg/status", entry(), entry("link", target="/x"), what=("type",)),
            change("/etc/passwd", entry(), entry("directory"), what=("type",))]  # fmt: skip
    assert packages.summary(made, Contents()) == []
    assert summary({"/var/lib/dpkg/status": "\0\xff"}, {"/var/lib/dpkg/status": "Package\n\n:\n"}) == []

"""The fix is this distribution's own command."""

import pytest
from hull.commands import _fixes


def release(tmp_path, text):
    path = tmp_path / "os-release"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("ID=debian\n", "apt-get install uidmap"),
        ("ID=ubuntu\nID_LIKE=debian\n", "apt-get install uidmap"),
        ("NAME=x\nID=linuxmint\nID_LIKE='ubuntu debian'\n", "apt-get install uidmap"),
        ("ID=fedora\n", "dnf install shadow-utils"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install shadow-utils"),
        ("ID=arch\n", "pacman -S shadow"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "zypper install shadow"),
        ("ID=other\n", "apt-get install uidmap"),
    ],
)
def test_the_package_has_the_distributions_name(tmp_path, text, command):
    assert _fixes.install("newuidmap", release(tmp_path, text)) == f"as root: {command}"
    assert _fixes.install("slirp4netns", release(tmp_path, text)).endswith(" slirp4netns")


def denials(tmp_path, *values):
    table = []
    for (_, deny, command), value in zip(_fixes.DENIALS, values, strict=True):
        path = tmp_path / str(len(table))
        path.write_text(f"{value}\n")
        table.append((str(path), deny, command))
    return tuple(table)


def test_the_setting_that_denies_is_named(tmp_path):
    assert "max_user_namespaces=15000" in _fixes.user_namespaces("/l", denials(tmp_path, "0", "1", "0"))
    assert "unprivileged_userns_clone=1" in _fixes.user_namespaces("/l", denials(tmp_path, "99", "0", "0"))
    assert "administrator" in _fixes.user_namespaces("/l", denials(tmp_path, "99", "1", "0"))


def test_b70_apparmor_gets_a_profile_for_the_launcher_before_the_sysctl_for_all(tmp_path, monkeypatch):
    table = denials(tmp_path, "99", "1", "1")
    monkeypatch.setattr(_fixes, "APPARMOR", table[2][0])
    text = _fixes.user_namespaces("/opt/hull/bin/hull-launch", table)
    assert 'profile hull "/opt/hull/bin/hull-launch" flags=(unconfined)' in text
    assert "userns," in text
    assert text.index("apparmor_parser") < text.index("apparmor_restrict_unprivileged_userns=0")


def test_a_range_that_nobody_has_is_offered(monkeypatch):
    from hull.runtime import rootmaps

    monkeypatch.setattr(rootmaps, "taken", lambda: [(100000, 65536)])
    text = _fixes.subordinate_range("ann")
    assert "--add-subuids 165536-231071 --add-subgids 165536-231071 ann" in text

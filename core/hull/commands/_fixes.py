"""What to do about a host that lacks something, in the words of its distribution."""

import os

INSTALL = {"debian": "apt-get install", "fedora": "dnf install", "arch": "pacman -S", "suse": "zypper install"}
PACKAGES = {
    "newuidmap": {"debian": "uidmap", "fedora": "shadow-utils", "arch": "shadow", "suse": "shadow"},
    "pasta": {"debian": "passt", "fedora": "passt", "arch": "passt", "suse": "passt"},
}
LOWEST = 100000  # where distributions begin to give ranges
APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
# Settings that deny a user namespace: the file, the value that denies, what to do as root.
DENIALS = (
    ("/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    (APPARMOR, "1", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
)


def family(path: str = "/etc/os-release") -> str:
    """Return the distribution whose package manager this host has; debian where nothing says."""
    words: dict[str, str] = {}
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            words = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
    except OSError:
        return "debian"
    named = [word for key in ("ID", "ID_LIKE") for word in words.get(key, "").strip("\"'").lower().split()]
    known = {"ubuntu": "debian", "rhel": "fedora", "centos": "fedora", "opensuse": "suse", **{k: k for k in INSTALL}}
    return next((known[word] for word in named if word in known), "debian")


def install(program: str, release: str = "/etc/os-release") -> str:
    """Return the command that installs a helper program."""
    where = family(release)
    return f"as root: {INSTALL[where]} {PACKAGES.get(program, {}).get(where, program)}"


def user_namespaces(launcher: str, denials: tuple[tuple[str, str, str], ...] = DENIALS) -> str:
    """Return how to allow user namespaces, from the settings that deny them; for AppArmor, the narrower way first."""
    for path, value, command in denials:
        if _read(path) == value:
            profile = f"{profile_for(launcher)}; or for every program: " if path == APPARMOR else ""
            return f"as root: {profile}{command}"
    return "ask this machine's administrator to allow unprivileged user namespaces"


def profile_for(launcher: str) -> str:
    """Return a command that lets the launcher alone make user namespaces under Ubuntu's AppArmor restriction (B70)."""
    text = f'abi <abi/4.0>,\\nprofile hull "{os.path.realpath(launcher)}" flags=(unconfined) {{\\n  userns,\\n}}\\n'
    return f"printf '{text}' > /etc/apparmor.d/hull && apparmor_parser -r /etc/apparmor.d/hull"


def subordinate_range(name: str) -> str:
    """Return how to give a user a range that nobody has."""
    from hull.runtime import rootmaps

    start = rootmaps.free(rootmaps.taken(), LOWEST)
    ids = f"{start}-{start + rootmaps.SIZE - 1}"
    return f"as root: usermod --add-subuids {ids} --add-subgids {ids} {name}"


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""

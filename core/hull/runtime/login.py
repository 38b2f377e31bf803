"""Whether the end of this login kills what was detached, asked of logind over D-Bus. Source: logind.conf(5).

Where no systemd manages this process there is nothing to ask and nothing to fear.
"""

import os

from hull.light import NamedTuple

BUS = "/run/dbus/system_bus_socket"
NAME, PATH = "org.freedesktop.login1", "/org/freedesktop/login1"


class Logind(NamedTuple):
    """What logind answers: its settings, and whether this user lingers."""

    kills: bool
    only: tuple[str, ...]
    excluded: tuple[str, ...]
    lingers: bool


def threat() -> tuple[str, str]:
    """Return what will end detached containers, and the fix; two empty texts where nothing will."""
    group = _group()
    if not (_in_session(group) or _in_manager(group)) or not os.path.exists(BUS):
        return "", ""
    found = ask()
    user = _user()
    if found is None or not judge(group, user, found):
        return "", ""
    return "it will be killed when your last login session ends", f"loginctl enable-linger {user}"


def judge(group: str, user: str, found: Logind) -> bool:
    """Whether the end of the session kills a process of this user in this control group."""
    if _in_manager(group):  # goes with the user's manager, which stays for those who linger
        return not found.lingers
    chosen = user in found.only if found.only else user not in found.excluded
    return _in_session(group) and found.kills and chosen and not found.lingers


def ask() -> Logind | None:
    """Ask logind; None where it does not answer."""
    settings = _properties(PATH, f"{NAME}.Manager", "KillUserProcesses", "KillOnlyUsers", "KillExcludeUsers")
    lingers = _properties(f"{PATH}/user/self", f"{NAME}.User", "Linger")
    if len(settings) != 3 or len(lingers) != 1:  # noqa: PLR2004 (as many as were asked)
        return None
    kills, only, excluded = settings
    return Logind(kills == ["true"], tuple(only[1:]), tuple(excluded[1:]), lingers[0] == ["true"])


def _properties(path: str, interface: str, *names: str) -> list[list[str]]:
    """Return each property's words as busctl prints them, its type left out; a list begins with its length."""
    import shlex
    from subprocess import DEVNULL, PIPE, TimeoutExpired, run

    try:
        done = run(
            ["busctl", "--system", "get-property", NAME, path, interface, *names],
            stdout=PIPE, stderr=DEVNULL, stdin=DEVNULL, check=False, timeout=5,
        )  # fmt: skip
    except (OSError, TimeoutExpired):
        return []
    return [shlex.split(line)[1:] for line in done.stdout.decode(errors="replace").splitlines()]


def _group() -> str:
    try:
        with open("/proc/self/cgroup", encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return ""
    own = [path for _, controllers, path in lines if controllers in ("", "name=systemd")]
    return next((path for path in own if path != "/"), "")


def _in_session(group: str) -> bool:
    return any(part.startswith("session-") and part.endswith(".scope") for part in group.split("/"))


def _in_manager(group: str) -> bool:
    return any(part.startswith("user@") and part.endswith(".service") for part in group.split("/"))


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())

"""Have containers started when the machine, or the login, starts: one systemd unit, else one line of the crontab.

What is written names its store, and is found again and removed by that alone. Source: systemd.service(5), crontab(5).
"""

import os
import shlex
import subprocess
import sys

from hull.errors import HostError
from hull.light import NamedTuple
from hull.runtime import systemd

MARK = "hull-autostart"
KEPT = ("HULL_ROOT", "HULL_CGROUP", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "PYTHONPATH", "PATH")
UNIT = """# Written by `hull autostart enable`, removed by `hull autostart disable`.
[Unit]
Description=Containers that are to run, of {data}
[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStopSec=20
{environment}ExecStart={command} autostart run
[Install]
WantedBy={target}
"""


class Store(NamedTuple):
    """Whose containers: `data` is the store's directory, `usual` whether it is the user's default one."""

    data: str
    usual: bool

    @property
    def unit(self) -> str:
        """The unit's name; a store that was moved by HULL_ROOT has one of its own."""
        import hashlib

        return f"{MARK}{'' if self.usual else '-' + hashlib.sha256(self.data.encode()).hexdigest()[:8]}.service"

    @property
    def unit_path(self) -> str:
        """Where the unit's file is."""
        if os.geteuid() == 0:
            return f"/etc/systemd/system/{self.unit}"
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        return f"{config}/systemd/user/{self.unit}"

    @property
    def mark(self) -> str:
        """The end of the crontab's line."""
        return f"# {MARK} {self.data}"


def program() -> list[str]:
    """Return the words that start hull as it was started now."""
    own = os.path.abspath(sys.argv[0])
    script = os.path.basename(own) == "hull" and os.access(own, os.X_OK)
    return [own] if script else [sys.executable, "-m", "hull"]


def enable(store: Store) -> str:
    """Write the unit or the line, in place of an earlier one; return where it is."""
    if not systemd.bus():
        return _add_line(store)
    os.makedirs(os.path.dirname(store.unit_path), exist_ok=True)
    with open(store.unit_path, "w", encoding="utf-8") as file:
        file.write(unit_text(store))
    _systemctl("daemon-reload")
    _systemctl("--quiet", "enable", store.unit)
    return f"the unit {store.unit_path}"


def disable(store: Store) -> list[str]:
    """Remove what enable wrote, and nothing else; return what went. Running containers go on."""
    gone = []
    if os.path.exists(store.unit_path):
        if systemd.bus():
            _systemctl("--quiet", "disable", store.unit)
        os.unlink(store.unit_path)
        if systemd.bus():
            _systemctl("daemon-reload")
        gone.append(f"the unit {store.unit_path}")
    lines = _crontab()
    kept = [line for line in lines if not line.endswith(store.mark)]
    if kept != lines:
        _write_crontab(kept)
        gone.append("the line of the crontab")
    return gone


def places(store: Store) -> list[str]:
    """Return where starts are asked for now."""
    found = [f"the unit {store.unit_path}"] if os.path.exists(store.unit_path) else []
    line = next((line for line in _crontab() if line.endswith(store.mark)), "")
    return found + ([f"the line of the crontab: {line}"] if line else [])


def lingers() -> bool:
    """Whether this user's services start at boot and outlive the last session; root's do."""
    import pwd

    return os.geteuid() == 0 or os.path.exists(f"/var/lib/systemd/linger/{pwd.getpwuid(os.geteuid()).pw_name}")


def unit_text(store: Store) -> str:
    """Return the unit's file."""
    target = "multi-user.target" if os.geteuid() == 0 else "default.target"
    data = store.data.replace("%", "%%")
    return UNIT.format(data=data, environment=unit_environment(), command=unit_command(), target=target)


def unit_environment() -> str:
    """Return the lines of a unit that give a hull the caller's places."""
    return "".join(f"Environment={_quoted(f'{key}={value}')}\n" for key, value in _environment().items())


def unit_command() -> str:
    """Return the words that start hull, as a unit has them."""
    return " ".join(_quoted(word).replace("$", "$$") for word in program())


def line_text(store: Store) -> str:
    """Return the crontab's line; cron ends a command at a bare percent sign."""
    assigned = [f"{key}={shlex.quote(value)}" for key, value in _environment().items()]
    command = " ".join([*assigned, *map(shlex.quote, program()), "autostart", "run"])
    return f"@reboot {command.replace('%', chr(92) + '%')} {store.mark}"


def _environment() -> dict[str, str]:
    return {key: os.environ[key] for key in KEPT if os.environ.get(key)}


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return f'"{escaped}"'


def _systemctl(*words: str) -> None:
    scope = [] if os.geteuid() == 0 else ["--user"]
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}"
    _call(["systemctl", *scope, *words], env={**os.environ, "XDG_RUNTIME_DIR": runtime})


def _crontab() -> list[str]:
    try:
        done = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []


def _add_line(store: Store) -> str:
    kept = [line for line in _crontab() if not line.endswith(store.mark)]
    _write_crontab([*kept, line_text(store)])
    return "a line of the crontab"


def _write_crontab(lines: list[str]) -> None:
    if lines:
        _call(["crontab", "-"], text="".join(f"{line}\n" for line in lines))
    else:
        _call(["crontab", "-r"])


def _call(argv: list[str], text: str = "", env: dict[str, str] | None = None) -> None:
    fix = "have systemd run a manager for this user (log in through it), or install cron"
    try:
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, env=env)
    except OSError as error:
        raise HostError(f"cannot run {argv[0]}: {error.strerror}", fix) from None
    if done.returncode:
        raise HostError(f"cannot {' '.join(argv)}: {done.stderr.strip() or f'exit {done.returncode}'}", fix)

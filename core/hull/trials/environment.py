"""Which of the caller's variables a try is given: all but those that lead out or that hold a secret.

Names are judged; of values only whether they are an address with a password in it. What was dropped is told by name.
"""

from hull.light import NamedTuple

# git takes files for changed whose owner's number is another one inside, reads every one of them again and writes its
# index anew: a change of the try that nobody made. Size and time tell as well.
GIT = ("GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.checkStat", "GIT_CONFIG_VALUE_0=minimal")


class Around(NamedTuple):
    """What the caller's side looks like: variables, home, the directory a try starts in, places of hull's own."""

    environ: dict[str, str]
    home: str
    workdir: str
    store: tuple[str, ...] = ()


class Rule(NamedTuple):
    """Names that are dropped, and why. `*` stands for anything."""

    reason: str
    names: tuple[str, ...]


BY_NAME = "holds a secret, by its name"
DROPPED = (
    Rule(
        "leads to a process outside",
        (
            *("SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "SSH_ASKPASS"),
            *("GPG_AGENT_INFO", "GPG_TTY", "GNOME_KEYRING_*", "DBUS_*", "XDG_RUNTIME_DIR", "TMUX", "TMUX_*", "STY"),
            *("ZELLIJ*", "KITTY_LISTEN_ON", "WEZTERM_UNIX_SOCKET", "ALACRITTY_SOCKET", "NVIM", "NVIM_LISTEN_ADDRESS"),
            *("DISPLAY", "WAYLAND_*", "XAUTHORITY", "ICEAUTHORITY", "SESSION_MANAGER", "SWAYSOCK", "I3SOCK"),
            *("HYPRLAND_*", "PULSE_*", "PIPEWIRE_*", "AT_SPI_BUS_ADDRESS", "JACK_*", "VSCODE_*", "EMACS_SOCKET_NAME"),
            *("DOCKER_HOST", "CONTAINER_HOST", "BUILDKIT_HOST", "KUBECONFIG", "KUBERNETES_*", "LISTEN_*"),
            *("NOTIFY_SOCKET", "JOURNAL_STREAM", "INVOCATION_ID", "MANAGERPID", "WATCHDOG_*", "SYSTEMD_*", "*_ASKPASS"),
            *("HULL_*", "SUDO_*", "XDG_SESSION_*", "XDG_SEAT*", "XDG_VTNR", "WINDOWID", "GITHUB_ENV", "GITHUB_PATH"),
        ),
    ),
    Rule(
        BY_NAME,
        (
            *("*TOKEN*", "*SECRET*", "*PASSWORD*", "*PASSWD*", "*PASSPHRASE*", "*API_KEY*", "*APIKEY*", "*ACCESS_KEY*"),
            *("*PRIVATE_KEY*", "*CREDENTIAL*", "*_AUTH", "*_PAT", "*COOKIE*", "*_DSN", "*DATABASE_URL*", "*_PASS"),
            *("*CONNECTION_STRING*", "PGPASS*", "PGSERVICE*", "*_PWD", "REDIS_URL", "MONGO*_UR*", "AMQP_URL"),
            *("AWS_*", "AZURE_*", "ARM_*", "GOOGLE_*", "GCP_*", "GCLOUD_*", "CLOUDSDK_*", "OCI_*", "ALICLOUD_*"),
            *("DIGITALOCEAN_*", "HCLOUD_*", "CLOUDFLARE_*", "CF_*", "VAULT_*", "CONSUL_*", "NOMAD_*", "TF_VAR_*"),
            *("PULUMI_*", "GITLAB_*", "CI_JOB_*", "BW_*", "OP_*", "LPASS_*", "BORG_*", "RESTIC_*"),
            *("RCLONE_*", "ANSIBLE_VAULT_*", "SENTRY_*", "TWILIO_*", "STRIPE_*", "SLACK_*", "DOCKER_AUTH_*"),
            *("*_PROXY_AUTH*", "*_KEY_BASE", "*ENCRYPTION_KEY*", "*SIGNING_KEY*", "*_KEY", "*_CREDS"),
            *("*_JWT", "*BEARER*", "*WEBHOOK*"),
        ),
    ),
    Rule("is passed by --http-proxy", ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY")),
    Rule("loads code into every program", ("LD_PRELOAD", "LD_AUDIT", "GCONV_PATH")),
    Rule("is the caller's shell's own", ("_", "SHLVL", "PROMPT_COMMAND", "__*")),
)


class Passed(NamedTuple):
    """`kept` is what the try is given; `dropped` are (name, reason) of what it is not, sorted."""

    kept: dict[str, str]
    dropped: tuple[tuple[str, str], ...]


def passed(environ: dict[str, str], wanted: tuple[str, ...] = (), said: frozenset[str] = frozenset()) -> Passed:
    """Return what of `environ` a try is given. `wanted` names are kept whatever they look like.

    Those that `-e` has `said` are set by it, after this: they are neither kept here nor dropped.
    """
    rules = _rules()
    judged = {n: "" if n in wanted else reason(n, environ[n], rules) for n in environ if n not in said}
    kept = {name: environ[name] for name, why in judged.items() if not why}
    return Passed(kept, tuple(sorted((name, why) for name, why in judged.items() if why)))


class _Sorted(NamedTuple):
    """A rule's patterns by where their stars are: a start looks at each variable with all of them."""

    reason: str
    whole: frozenset[str]
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    parts: tuple[str, ...]
    others: tuple[str, ...]

    def matches(self, name: str) -> bool:
        """Whether one of the patterns is the name's."""
        if name in self.whole or name.startswith(self.heads) or name.endswith(self.tails):
            return True
        return any(part in name for part in self.parts) or any(matches(name, other) for other in self.others)


def _rules() -> list[_Sorted]:
    found = []
    for rule in DROPPED:
        kinds: dict[str, list[str]] = {"": [], "head": [], "tail": [], "part": [], "other": []}
        for pattern in rule.names:
            kind, text = _sort(pattern)
            kinds[kind].append(text)
        whole, *rest = kinds.values()
        found.append(_Sorted(rule.reason, frozenset(whole), *map(tuple, rest)))
    return found


def _sort(pattern: str) -> tuple[str, str]:
    inner = pattern.strip("*")
    if "*" in inner:
        return "other", pattern
    first, last = pattern.startswith("*"), pattern.endswith("*")
    return ("part" if first else "head", inner) if last else ("tail" if first else "", inner)


def reason(name: str, value: str = "", rules: list[_Sorted] | None = None) -> str:
    """Return why a variable is dropped, "" where it is not. Case is no way round it."""
    upper = name.upper()
    for rule in rules or _rules():
        if rule.matches(upper):
            return rule.reason
    return "holds a password in an address" if _has_password(value) else ""


def _has_password(value: str) -> bool:
    """Whether it is SCHEME://USER:PASSWORD@HOST."""
    _, address, rest = value.partition("://")
    who, at, _ = rest.partition("/")[0].rpartition("@")
    return bool(address and at) and ":" in who


def matches(name: str, pattern: str) -> bool:
    """Whether a name is the pattern's: `*` stands for anything, as in fnmatch, whose import costs more than a start."""
    head, *rest = pattern.split("*")
    if not rest:
        return name == head
    if not name.startswith(head) or not name.endswith(rest[-1]) or len(name) < len(head) + len(rest[-1]):
        return False
    place = len(head)
    for part in rest[:-1]:
        found = name.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return place <= len(name) - len(rest[-1])

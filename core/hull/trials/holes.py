"""What --allow opens by name: one socket, one login, one kind of device. The table is for people to read.

A socket of the host refuses connections through the try's root (the kernel's overlay has inodes of its own), so a hole
is a mount of that one socket file, at the place where programs look for it inside. Nothing else comes with it.
"""

from hull.light import NamedTuple

HOST = "$XDG_RUNTIME_DIR"  # the caller's, where its services have their sockets
RUNTIME = "{runtime}"  # the one inside, in which nothing else is


class Socket(NamedTuple):
    """One socket or file: places on the host in order, the first that is there is taken; its place inside; a variable.

    `$NAME` in a place stands for a variable of the caller's, its `unix:` address taken as a path. `variable` is
    NAME=VALUE, {target} in it stands for the place inside, which may have variables of the caller's too.
    """

    places: tuple[str, ...]
    target: str
    variable: str = ""
    needed: bool = True


class Hole(NamedTuple):
    """What one word opens. `show` are paths taken back from the secrets, `env` variables, `devices` patterns.

    `warning` is said at each start. `programs` are those for which the profile `agent` opens it by itself, `egress`
    what they must reach.
    """

    name: str
    text: str
    sockets: tuple[Socket, ...] = ()
    show: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    warning: str = ""
    programs: tuple[str, ...] = ()
    egress: tuple[str, ...] = ()


def _agent(name: str, vendor: str, show: str, env: str, egress: str) -> Hole:
    homes = tuple(f"~/{place}" for place in show.split())
    return Hole(
        name, f"{vendor}'s own login", (), homes, tuple(env.split()), programs=(name,), egress=tuple(egress.split())
    )


HOLES = (
    Hole(
        "ssh-agent",
        "keys of the ssh-agent can be used, not read",
        (Socket(("$SSH_AUTH_SOCK",), f"{RUNTIME}/ssh-agent", "SSH_AUTH_SOCK={target}"),),
        warning="it can log in wherever your keys can, as long as it runs",
    ),
    Hole(
        "gpg-agent",
        "keys of the gpg-agent can be used (the agent's restricted socket), public keys are seen",
        (
            Socket(
                (f"{HOST}/gnupg/S.gpg-agent.extra", "$GNUPGHOME/S.gpg-agent.extra", "~/.gnupg/S.gpg-agent.extra"),
                f"{RUNTIME}/gnupg/S.gpg-agent",
            ),
            Socket(("$GNUPGHOME/pubring.kbx", "~/.gnupg/pubring.kbx"), "{gnupg}/pubring.kbx", needed=False),
            Socket(("$GNUPGHOME/trustdb.gpg", "~/.gnupg/trustdb.gpg"), "{gnupg}/trustdb.gpg", needed=False),
        ),
        warning="it can sign and decrypt with your keys, as long as it runs",
    ),
    Hole(
        "dbus",
        "the session bus",
        (
            Socket(
                ("$DBUS_SESSION_BUS_ADDRESS", f"{HOST}/bus"),
                f"{RUNTIME}/bus",
                "DBUS_SESSION_BUS_ADDRESS=unix:path={target}",
            ),
        ),
        warning="over the session bus it can start programs outside the try (systemd-run --user) and read the key ring",
    ),
    Hole(
        "dbus-system",
        "the system bus",
        (Socket(("/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket"), "/run/dbus/system_bus_socket"),),
        warning="what polkit lets you do without a password, it can do",
    ),
    Hole(
        "docker",
        "the Docker engine",
        (
            Socket(
                ("$DOCKER_HOST", "/run/docker.sock", f"{HOST}/docker.sock"),
                "/run/docker.sock",
                "DOCKER_HOST=unix://{target}",
            ),
        ),
        warning="who reaches the Docker engine is root here, or whoever the engine runs as: there is no try left",
    ),
    Hole(
        "podman",
        "podman's service",
        (
            Socket(
                ("$CONTAINER_HOST", f"{HOST}/podman/podman.sock"),
                f"{RUNTIME}/podman/podman.sock",
                "CONTAINER_HOST=unix://{target}",
            ),
        ),
        warning="over podman's service it can mount and change every file of yours: there is no try left",
    ),
    Hole(
        "x11",
        "the X server",
        (
            Socket(("/tmp/.X11-unix/X$DISPLAY",), "/tmp/.X11-unix/X$DISPLAY"),  # noqa: S108 (X's own place)
            Socket(("$XAUTHORITY", "~/.Xauthority"), f"{RUNTIME}/Xauthority", "XAUTHORITY={target}", needed=False),
        ),
        env=("DISPLAY",),
        warning="X lets every program see the screen, read every key and type into other windows",
    ),
    Hole(
        "wayland",
        "the Wayland compositor",
        (
            Socket(
                ("$WAYLAND_DISPLAY", f"{HOST}/$WAYLAND_DISPLAY"), f"{RUNTIME}/wayland-0", "WAYLAND_DISPLAY=wayland-0"
            ),
        ),
    ),
    Hole(
        "audio",
        "PipeWire and PulseAudio",
        (
            Socket((f"{HOST}/pipewire-0",), f"{RUNTIME}/pipewire-0", needed=False),
            Socket(("$PULSE_SERVER", f"{HOST}/pulse/native"), f"{RUNTIME}/pulse/native", "PULSE_SERVER=unix:{target}"),
        ),
        warning="it can listen to the microphone",
    ),
    Hole(
        "tmux",
        "the tmux server that this shell runs in",
        (Socket(("$TMUX",), f"{RUNTIME}/tmux", "TMUX={target},0,0"),),
        warning="it can type into every pane of your tmux: there is no try left",
    ),
    Hole(
        "git-credentials",
        "git's stored passwords",
        show=("~/.git-credentials", "$XDG_CONFIG_HOME/git/credentials", "~/.netrc"),
    ),
    Hole("gh", "GitHub's command line is logged in", show=("$XDG_CONFIG_HOME/gh",), env=("GH_TOKEN", "GITHUB_TOKEN")),
    Hole("glab", "GitLab's command line is logged in", show=("$XDG_CONFIG_HOME/glab-cli",), env=("GITLAB_TOKEN",)),
    Hole("gpu", "graphics cards", devices=("/dev/dri/*", "/dev/nvidia*", "/dev/kfd")),
    Hole("kvm", "virtual machines of the kernel's", devices=("/dev/kvm",)),
    _agent(
        "claude",
        "Claude Code",
        ".claude .claude.json",
        "ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN",
        "dns api.anthropic.com:443",
    ),
    _agent("codex", "Codex", ".codex", "OPENAI_API_KEY", "dns api.openai.com:443 chatgpt.com:443"),
    _agent("gemini", "Gemini", ".gemini", "GEMINI_API_KEY GOOGLE_API_KEY", "dns generativelanguage.googleapis.com:443"),
    _agent("opencode", "opencode", ".local/share/opencode .config/opencode", "", "dns"),
    _agent("aider", "aider", ".aider.conf.yml", "ANTHROPIC_API_KEY OPENAI_API_KEY", "dns"),
)

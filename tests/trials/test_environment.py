"""A try's variables: what leads out of it and what holds a secret stays outside."""

import pytest
from hull.trials import environment

LEADS = (
    "SSH_AUTH_SOCK DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR GPG_AGENT_INFO TMUX TMUX_PANE STY DISPLAY WAYLAND_DISPLAY"
)
LEADS += " XAUTHORITY SSH_CONNECTION DOCKER_HOST KUBECONFIG LISTEN_FDS NOTIFY_SOCKET HULL_ROOT NVIM VSCODE_IPC_HOOK_CLI"
SECRETS = "GITHUB_TOKEN my_secret_thing DB_PASSWORD PASSWD OPENAI_API_KEY GOOGLE_APPLICATION_CREDENTIALS AWS_PROFILE"
SECRETS += " AZURE_X VAULT_ADDR npm_config__authToken PGPASSFILE SSH_PRIVATE_KEY_PATH MYSQL_PWD SESSION_COOKIE"
SECRETS += " SOPS_AGE_KEY MAPS_KEY DB_PWD CI_WEBHOOK_URL"
PLAIN = "PATH HOME USER LANG LC_ALL TERM EDITOR PWD LD_LIBRARY_PATH PYTHONPATH VIRTUAL_ENV TZ COLUMNS XDG_CONFIG_HOME"
PLAIN += " KEYBOARD MONKEY TOKE AUTHOR GOPATH JAVA_HOME CARGO_HOME SSH_KEYGEN_STYLE DISPLAY_MODE OLDPWD KEY"


@pytest.mark.parametrize("name", [*LEADS.split(), *SECRETS.split(), "LD_PRELOAD", "_", "http_proxy"])
def test_dropped_with_a_reason(name: str) -> None:
    found = environment.passed({name: "x", "PATH": "/bin"})
    assert found.kept == {"PATH": "/bin"}
    assert [one for one, why in found.dropped if why] == [name]


@pytest.mark.parametrize("name", PLAIN.split())
def test_kept(name: str) -> None:
    assert environment.passed({name: "x"}) == ({name: "x"}, ())


def test_what_is_wanted_is_kept_and_what_is_said_is_left_to_who_says_it() -> None:
    found = environment.passed({"A_TOKEN": "1", "B_TOKEN": "2", "C_TOKEN": "3"}, ("A_TOKEN",), frozenset(("B_TOKEN",)))
    assert found.kept == {"A_TOKEN": "1"}
    assert [name for name, _ in found.dropped] == ["C_TOKEN"]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("https://user:pw@example.org/x", False),
        ("postgres://u:p@h", False),
        ("https://example.org/a@b:c", True),
        ("git@example.org:x/y", True),
        ("ssh://git@example.org:22/x", True),
    ],
)
def test_an_address_with_a_password_is_a_secret_whatever_its_name(value: str, kept: bool) -> None:
    assert ("SERVICE" in environment.passed({"SERVICE": value}).kept) is kept


@pytest.mark.parametrize(
    ("name", "pattern", "matches"),
    [
        ("ABC", "ABC", True),
        ("ABCD", "ABC", False),
        ("ABC", "A*", True),
        ("ABA", "AB*BA", False),
        ("MONGODB_URI", "MONGO*_UR*", True),
        ("XTOKENX", "*TOKEN*", True),
        ("A", "*A", True),
        ("BA", "A*", False),
    ],
)
def test_patterns(name: str, pattern: str, matches: bool) -> None:
    assert environment.matches(name, pattern) is matches

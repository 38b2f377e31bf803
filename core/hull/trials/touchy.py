"""What runs, opens or trusts something later, long after the try: it is listed apart and asked for.

The table's patterns are relative to the home directory where they begin with `~/`; `**` is any number of directories.
"""

import os

from hull.light import TYPE_CHECKING, NamedTuple
from hull.trials.keeping_choosing import Chosen, is_below

if TYPE_CHECKING:
    import re

STARTUP, HOOK, KEY, TIMER, PROGRAM, POWER = "start-up", "hook", "key", "timer", "program", "power"

TABLE = (
    (STARTUP, "your shells run it", (
        "~/.bashrc", "~/.bash_profile", "~/.bash_login", "~/.bash_logout", "~/.bash_aliases", "~/.profile", "~/.zshrc",
        "~/.zshenv", "~/.zprofile", "~/.zlogin", "~/.zlogout", "~/.xonshrc", "~/.config/xonsh/**", "~/.config/fish/**",
        "~/.kshrc", "~/.mkshrc", "~/.cshrc", "~/.tcshrc", "~/.login", "~/.inputrc", "~/.bash_completion",
        "~/.local/share/bash-completion/**", "~/.bashrc.d/**", "~/.config/zsh/**", "~/.oh-my-zsh/**", "~/.zsh/**",
        "~/.config/environment.d/**", "~/.pam_environment", "/etc/profile", "/etc/profile.d/**",
        "/etc/bash.bashrc", "/etc/zsh/**", "/etc/environment", "/etc/xonsh/**", "/etc/xonshrc", "/etc/fish/**",
    )),
    (STARTUP, "your session runs it", (
        "~/.xinitrc", "~/.xsession", "~/.xsessionrc", "~/.xprofile", "~/.config/autostart/**", "~/.config/sway/**",
        "~/.config/i3/**", "~/.config/hypr/**", "~/.config/openbox/**", "~/.config/plasma-workspace/**",
        "~/.local/share/applications/**", "~/.config/systemd/**",
        "~/.local/share/systemd/**", "~/.local/share/dbus-1/services/**", "/etc/xdg/autostart/**", "/etc/systemd/**",
        "/usr/lib/systemd/**", "/lib/systemd/**", "/etc/init.d/**", "/etc/rc.local", "/etc/ld.so.preload",
        "/etc/ld.so.conf", "/etc/ld.so.conf.d/**",
    )),
    (STARTUP, "your programs run it", (
        "~/.ipython/profile_*/startup/**", "~/.ipython/profile_*/ipython_*.py", "~/.jupyter/**", "~/.pythonrc*",
        "~/.local/lib/python*/site-packages/*.pth", "~/.local/lib/python*/site-packages/usercustomize.py",
        "~/.local/lib/python*/site-packages/sitecustomize.py", "~/.vimrc", "~/.vim/**", "~/.config/nvim/**", "~/.emacs",
        "~/.emacs.d/**", "~/.config/emacs/**", "~/.gdbinit", "~/.lldbinit", "~/.tmux.conf", "~/.config/tmux/**",
        "~/.screenrc", "~/.npmrc", "~/.config/pip/**", "~/.pip/**", "~/.cargo/config*", "~/.Rprofile", "~/.gitconfig",
        "~/.config/git/**", "~/.mailcap", "~/.ansible.cfg", "~/.docker/config.json", "~/.docker/cli-plugins/**",
        "~/.kube/config", "~/.config/uv/**", "~/.config/direnv/**", "~/.direnvrc", "~/.config/mise/**", "~/.yarnrc*",
        "~/.gradle/init*", "~/.gradle/init.d/**", "~/.irbrc", "~/.pryrc", "~/.pdbrc", "~/.psqlrc", "~/.sqliterc",
        "~/.julia/config/**", "~/.ghci", "~/.latexmkrc", "~/.config/Code/User/**", "~/.vscode/extensions/**",
    )),
    (HOOK, "git, an editor or direnv runs it", (
        "**/.git/hooks/**", "**/.git/config", "**/.git/info/attributes", "**/.git/modules/**/config",
        "**/.git/modules/**/hooks/**", "**/.git/worktrees/**/config.worktree",
        "**/.gitattributes", "**/.gitmodules",
        "**/.husky/**", "**/.pre-commit-config.yaml", "**/.vscode/tasks.json", "**/.vscode/launch.json",
        "**/.vscode/settings.json", "**/.idea/runConfigurations/**", "**/.envrc", "**/.mise.toml", "**/.autoenv",
        "**/.devcontainer/**", "**/.exrc", "**/.nvimrc", "**/.dir-locals.el", "**/.claude/settings*.json",
        "**/.cursor/**", "**/.mcp.json",
    )),
    (KEY, "it opens this machine or others to somebody", (
        "~/.ssh/**", "~/.gnupg/**", "~/.netrc", "~/.rhosts", "~/.shosts", "~/.pki/**", "~/.aws/**",
        "~/.config/gcloud/**",
        "/etc/ssh/**", "/etc/sudoers", "/etc/sudoers.d/**", "/etc/doas.conf", "/etc/polkit-1/**", "/etc/pam.d/**",
        "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid", "/etc/ssl/certs/**",
        "/etc/hosts", "/etc/nsswitch.conf", "/etc/apt/trusted.gpg*", "/etc/apt/trusted.gpg.d/**",
        "/usr/local/share/ca-certificates/**",
    )),
    (TIMER, "it runs by itself", (
        "/etc/crontab", "/etc/cron*/**", "/var/spool/cron/**", "/var/spool/at/**", "/etc/anacrontab",
        "/etc/apt/apt.conf.d/**", "/etc/update-motd.d/**", "/etc/NetworkManager/dispatcher.d/**",
        "/etc/udev/rules.d/**",
    )),
)  # fmt: skip


class Touchy(NamedTuple):
    """A change that is asked for: `kind` of the table, and what it does."""

    path: str
    kind: str
    reason: str


class _Rule(NamedTuple):
    """A row of the table; `ways` are the directories that lead to it, which something else may take the place of."""

    kind: str
    reason: str
    pattern: "re.Pattern[str]"
    ways: "re.Pattern[str]"


def find(chosen: list[Chosen], home: str, search: str) -> list[Touchy]:
    """Return the changes that are touchy; `search` is the caller's PATH. Directories alone never are."""
    rules = [
        _Rule(kind, reason, _pattern(words, home), _pattern(tuple(way for word in words for way in _ways(word)), home))
        for kind, reason, words in TABLE
    ]
    programs = {os.path.realpath(one) for one in search.split(":") if one.startswith("/")}
    found = [_of(one, rules, programs) for one in chosen if one.change.new is None or not one.is_directory]
    return [one for one in found if one is not None]


def _of(one: Chosen, rules: list[_Rule], programs: set[str]) -> Touchy | None:
    path, new = one.change.path, one.change.new
    for rule in rules:
        if rule.pattern.match(path) or (new is not None and rule.ways.match(path)):
            return Touchy(path, rule.kind, rule.reason)
    if new is None:
        return None
    if new.mode & 0o6000 and new.kind == "file":
        return Touchy(path, POWER, "it runs with its owner's rights (set-id)")
    if os.path.dirname(path) in programs and (new.mode & 0o111 or new.kind == "link"):
        return Touchy(path, PROGRAM, "it is a program on your PATH")
    if new.kind == "link" and any(is_below(program, (path,)) for program in programs):
        return Touchy(path, PROGRAM, "it leads to a directory of your PATH")
    return None


def _ways(word: str) -> list[str]:
    """Return the patterns of the directories above what a pattern matches: a link there would bring all below it."""
    parts = word.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts))]
    return [way for way in above if way not in ("", "~", "**")]


def _pattern(words: tuple[str, ...], home: str) -> "re.Pattern[str]":
    import re

    return re.compile("|".join(_expression(word.replace("~", home.rstrip("/"), 1)) for word in words), re.DOTALL)


def _expression(word: str) -> str:
    """Return a glob as an expression for a whole path: `**` spans directories, `*` does not."""
    import re

    parts = re.split(r"(\*\*/|\*\*|\*)", word)
    known = {"**/": "/(?:.*/)?" if word.startswith("**") else "(?:.*/)?", "**": ".+", "*": "[^/]*"}
    return "".join(known.get(part, re.escape(part)) for part in parts) + r"\Z"

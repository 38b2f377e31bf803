"""What a try does not see unless it is shown: the table, for people to read, and docs/TRY.md is made from it.

`~` is the home directory. `$XDG_CONFIG_HOME` and its like stand for the variable's place and for its default, both;
any other variable for what it holds, where it is set. `*` in a last component is a pattern.
"""

from hull.light import NamedTuple


class Secret(NamedTuple):
    """One group: a name for messages, what it is, and where it lies."""

    group: str
    text: str
    paths: tuple[str, ...]


def _below(base: str, names: str) -> tuple[str, ...]:
    return tuple(f"{base}/{name}" for name in names.split())


_CONFIG, _DATA = "$XDG_CONFIG_HOME", "$XDG_DATA_HOME"

SECRETS = (
    Secret(
        "keys",
        "SSH, PGP and age keys",
        (*_below("~", ".ssh .gnupg .putty .step .age"), "$GNUPGHOME", *_below(_CONFIG, "age sops")),
    ),
    Secret(
        "browsers",
        "browser profiles: cookies, passwords, histories",
        (
            *_below("~", ".mozilla .librewolf .waterfox .zen .floorp .tor-browser .opera"),
            *_below("~/snap", "firefox chromium brave opera vivaldi"),
            *_below("~/.var/app", "org.mozilla.* com.google.Chrome* org.chromium.* com.brave.* com.microsoft.Edge*"),
            *_below("~/.var/app", "com.vivaldi.* com.opera.* io.gitlab.librewolf* app.zen_browser.*"),
            *_below(_CONFIG, "google-chrome* chromium* BraveSoftware microsoft-edge* vivaldi* opera* mozilla"),
            *_below(_CONFIG, "qutebrowser falkon epiphany Epiphany thorium"),
            *_below(_DATA, "qutebrowser epiphany"),
            *_below("$XDG_CACHE_HOME", "mozilla google-chrome* chromium* BraveSoftware microsoft-edge* vivaldi*"),
        ),
    ),
    Secret(
        "cloud",
        "keys and sessions of clouds and clusters",
        (
            *_below("~", ".aws .azure .oci .kube .docker .terraform.d .terraformrc .pulumi .vault-token .fly .boto"),
            *_below("~", ".s3cfg .bluemix .linode-cli .config/linode-cli .minikube .chef .ansible/vault .mc .saml2aws"),
            *_below(_CONFIG, "gcloud doctl hcloud helm rclone netlify vercel .wrangler wrangler containers fly scw"),
            *_below("~", ".dockercfg .tsh .awsvault .ovh.conf"),
            *_below(_CONFIG, "civo exoscale railway upctl.yaml azure configstore containers/auth.json openstack"),
            *_below(_DATA, "com.vercel.cli netlify heroku"),
            *("$XDG_RUNTIME_DIR/containers/auth.json", "~/.netlify", "~/.wrangler", "~/.vercel", "~/.railway"),
            *("$AWS_SHARED_CREDENTIALS_FILE", "$AWS_CONFIG_FILE", "$AZURE_CONFIG_DIR", "$CLOUDSDK_CONFIG"),
            *("$GOOGLE_APPLICATION_CREDENTIALS", "$KUBECONFIG", "$DOCKER_CONFIG", "$REGISTRY_AUTH_FILE"),
            *("$HELM_CONFIG_HOME", "$RCLONE_CONFIG", "$PULUMI_HOME", "$TF_CLI_CONFIG_FILE", "$OCI_CLI_CONFIG_FILE"),
        ),
    ),
    Secret(
        "tokens",
        "tokens of forges, package registries and services",
        (
            *_below("~", ".netrc .git-credentials .npmrc .yarnrc.yml .pypirc .gem/credentials .cargo/credentials"),
            *_below("~", ".cargo/credentials.toml .composer/auth.json .hex .m2/settings.xml .m2/settings-security.xml"),
            *_below("~", ".gradle/gradle.properties .nuget/NuGet/NuGet.Config .condarc .kaggle .databrickscfg"),
            *_below("~", ".huggingface .cache/huggingface/token .cache/huggingface/stored_tokens .wakatime.cfg"),
            *_below(_CONFIG, "gh glab-cli hub git/credentials pypoetry/auth.toml composer/auth.json pip/pip.conf"),
            *_below(_CONFIG, "NuGet/NuGet.Config ngrok stripe tea jira .jira op.yml wandb github-copilot"),
            *_below("~", ".sentryclirc .travis .subversion/auth .cvspass .ngrok2 .clasprc.json .oscrc .expo"),
            *_below(_CONFIG, "osc copr kaggle"),
            *_below(_DATA, "gem/credentials"),
            *("$NETRC", "$NPM_CONFIG_USERCONFIG", "$CARGO_HOME/credentials", "$CARGO_HOME/credentials.toml"),
            *("$HF_TOKEN_PATH", "$HF_HOME/token", "$GH_CONFIG_DIR", "$GLAB_CONFIG_DIR", "$COMPOSER_HOME/auth.json"),
            *("$HEX_HOME", "$PIP_CONFIG_FILE", "$GEM_HOME/credentials"),
        ),
    ),
    Secret(
        "agents",
        "logins and sessions of coding agents (--allow claude, codex, gemini … shows one)",
        (
            *_below("~", ".claude .claude.json .claude.json.backup .codex .gemini .aider.conf.yml .continue .cursor"),
            *_below("~", ".copilot .qwen .amp .windsurf .codeium .goose .openai .anthropic .factory"),
            *_below(_CONFIG, "claude codex gemini opencode goose amp aichat llm io.datasette.llm crush Cursor Claude"),
            *_below(_DATA, "opencode goose amp crush claude"),
            *("$CLAUDE_CONFIG_DIR", "$CODEX_HOME"),
        ),
    ),
    Secret(
        "passwords",
        "password stores and key rings",
        (
            *_below("~", ".password-store .pki .kde/share/apps/kwallet .kde4/share/apps/kwallet .lastpass .bitwarden"),
            *_below("~", ".gnome2/keyrings .authenticator"),
            *_below(_DATA, "keyrings kwalletd kwalletd5 gopass pass passage keepassxc Bitwarden secrets lpass"),
            *_below(_CONFIG, "keepassxc KeePass 1Password op Bitwarden* kwalletd gopass rbw"),
            *_below("~/snap", "keepassxc bitwarden 1password"),
            *_below("~/.var/app", "org.keepassxc.* com.bitwarden.* com.onepassword.*"),
            *("~/*.kdbx", "~/Documents/*.kdbx", "$PASSWORD_STORE_DIR"),
        ),
    ),
    Secret(
        "desktop",
        "cookies, clipboards and tickets of the login, synchronised folders' keys",
        (
            *_below("~", ".Xauthority .ICEauthority .pulse-cookie .dbus .dropbox .android/adbkey .smbcredentials"),
            *_below(_CONFIG, "pulse/cookie syncthing Nextcloud borg restic Code/User/globalStorage JetBrains"),
            *_below(_CONFIG, "VSCodium/User/globalStorage"),
            *_below(_DATA, "klipper gpaste clipman gvfs-metadata"),
            *_below("$XDG_CACHE_HOME", "cliphist clipboard-indicator@tudmotu.com"),
            *("/tmp/krb5cc_*", "$KRB5CCNAME", "$XAUTHORITY"),  # noqa: S108 (Kerberos' own place)
        ),
    ),
    Secret(
        "mail",
        "mail and its passwords",
        (
            *_below(
                "~", ".thunderbird .mutt .muttrc .neomuttrc .msmtprc .mbsyncrc .offlineimaprc .fetchmailrc .esmtprc"
            ),
            *_below("~", ".mailrc Mail Maildir .maildir .claws-mail .sylpheed-2.0 .alpine.pwd snap/thunderbird"),
            *_below("~/.var/app", "org.mozilla.Thunderbird org.gnome.Evolution org.gnome.Geary"),
            *_below(_CONFIG, "evolution mutt neomutt aerc msmtp geary himalaya isyncrc goa-1.0"),
            *_below(_DATA, "evolution geary aerc local-mail akonadi"),
        ),
    ),
    Secret(
        "messengers",
        "messengers and calls",
        (
            *_below(_CONFIG, "Signal* Slack discord* Element* Microsoft/Microsoft* teams-for-linux Zulip Mattermost"),
            *_below(_CONFIG, "hexchat irssi weechat zoom.conf whatsapp* Wire Threema Session"),
            *_below("~", ".irssi .weechat .purple .zoom .Skype"),
            *_below(_DATA, "TelegramDesktop signal-cli gajim dino fractal weechat"),
            *_below("~/snap", "signal-desktop slack discord telegram-desktop element-desktop"),
            *_below("~/.var/app", "org.signal.* com.slack.* com.discordapp.* org.telegram.* im.riot.*"),
        ),
    ),
    Secret(
        "histories",
        "what was typed: histories of shells and prompts",
        (
            *_below(
                "~", ".bash_history .zsh_history .zhistory .histfile .sh_history .history .ash_history .tcsh_history"
            ),
            *_below(
                "~", ".python_history .node_repl_history .psql_history .mysql_history .sqlite_history .rediscli_history"
            ),
            *_below(
                "~", ".irb_history .lesshst .viminfo .wget-hsts .ipython/profile_default/history.sqlite .R_history"
            ),
            *_below(_DATA, "fish/fish_history xonsh atuin mcfly zoxide nushell recently-used.xbel powershell"),
            *_below("$XDG_STATE_HOME", "bash zsh python nvim/shada wireplumber less"),
            *("$HISTFILE", "$XONSH_HISTORY_FILE", "$ATUIN_DB_PATH", "$LESSHISTFILE"),
        ),
    ),
    Secret(
        "databases",
        "passwords of databases",
        (
            *_below("~", ".pgpass .pg_service.conf .my.cnf .mylogin.cnf .mongorc.js .dbshell .rediscli_auth .odbc.ini"),
            *_below("~", ".dbeaver .sqlcmd .snowsql .snowflake"),
            *_below(_DATA, "DBeaverData"),
            *("$PGPASSFILE", "$PGSERVICEFILE", "$MYSQL_HOME"),
        ),
    ),
    Secret(
        "networks",
        "VPN, wireless and host keys, passwords of other machines",
        (
            *("/etc/NetworkManager/system-connections", "/etc/wireguard", "/etc/openvpn", "/etc/ipsec.secrets"),
            *("/etc/wpa_supplicant", "/etc/ssh/ssh_host_*_key", "/var/lib/iwd", "/var/lib/tailscale"),
            *("/etc/krb5.keytab", "$KRB5_KTNAME", "~/.config/rustdesk"),
            *_below(_CONFIG, "wireguard openvpn protonvpn Mullvad* nordvpn remmina filezilla"),
            *_below(_DATA, "networkmanagement remmina lftp"),
            *_below("~", ".cert .vnc .filezilla .lftp .cisco .rdesktop"),
        ),
    ),
    Secret(
        "wallets",
        "crypto wallets",
        (
            *_below("~", ".bitcoin .litecoin .dogecoin .ethereum .electrum .electrum-ltc .monero .bitmonero .zcash"),
            *_below(
                "~", "Monero .exodus .armory .multibit .wasabiwallet .walletwasabi .foundry/keystores .brownie/accounts"
            ),
            *_below(_CONFIG, "Exodus Ledger* atomic solana sui Electrum @trezor"),
            *_below(_DATA, "electrum sparrow io.parity.ethereum"),
        ),
    ),
)

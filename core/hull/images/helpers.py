"""Credential helpers: `docker-credential-NAME get|store|erase`, words on standard input, JSON on standard output."""

from hull.errors import HostError, UserError
from hull.images.credentials import Credentials
from hull.light import Any

TIMEOUT = 30


def get(helper: str, server: str) -> Credentials:
    """Ask for credentials; a helper that knows nothing about the server answers with an exit code."""
    import json

    code, output = _run(helper, "get", server)
    if code:
        return Credentials()
    try:
        answer = json.loads(output)
        user, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError):
        raise HostError(
            f"cannot get credentials: {_program(helper)} gave no valid answer", f"hull login {server}"
        ) from None
    return Credentials(token=secret) if user == "<token>" else Credentials(user, secret)


def store(helper: str, server: str, found: Credentials) -> None:
    """Give credentials to the helper."""
    import json

    user, secret = ("<token>", found.token) if found.token else (found.user, found.password)
    code, output = _run(helper, "store", json.dumps({"ServerURL": server, "Username": user, "Secret": secret}))
    if code:
        raise HostError(f"cannot keep credentials: {_program(helper)} says {_said(output, secret)}", "unlock its store")


def erase(helper: str, server: str) -> bool:
    """Let the helper forget a server; False where it knew nothing."""
    return _run(helper, "erase", server)[0] == 0


def _program(helper: str) -> str:
    if "/" in helper or not helper:
        raise UserError(
            f"cannot run the credential helper {helper!r}: a name is wanted, not a path", "correct the file"
        )
    return f"docker-credential-{helper}"


def _run(helper: str, action: str, words: str) -> tuple[int, bytes]:
    """Return exit code and output. Errors name program and action, never the words: they may hold a password."""
    import subprocess

    program = _program(helper)
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    try:
        done = subprocess.run([program, action], input=words.encode(), timeout=TIMEOUT, check=False, **options)
    except FileNotFoundError:
        raise HostError(
            f"cannot run the credential helper {program}: not found", "install it, or correct the file that names it"
        ) from None
    except subprocess.TimeoutExpired:
        raise HostError(
            f"cannot {action} credentials: {program} said nothing for {TIMEOUT} s", "unlock its store"
        ) from None
    except OSError as error:
        raise HostError(f"cannot run the credential helper {program}: {error.strerror}", "reinstall it") from None
    return done.returncode, done.stdout


def _said(output: bytes, secret: str) -> str:
    text = output.decode(errors="replace").strip().replace(secret, "…") if secret else ""
    return "".join(char for char in text[:200] if char.isprintable()) or "nothing"

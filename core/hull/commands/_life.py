"""What users write about a container's life: restart policy, log, health check, detach keys. Docker's grammars."""

from hull.errors import UserError
from hull.model import Health
from hull.units import read_size, read_span

POLICIES = ("no", "on-failure", "always", "unless-stopped")
DRIVERS = ("json-file", "none")
OPTIONS = ("max-size", "max-file", "labels", "env")
SIGNS = "abcdefghijklmnopqrstuvwxyz@[\\]^_"  # what ctrl- may stand before
Many = tuple[str, ...]


def restart(text: str, *, remove: bool = False) -> str:
    """Check --restart: no, on-failure[:N], always, unless-stopped."""
    policy, colon, most = text.partition(":")
    policy = policy or "no"
    if policy not in POLICIES or (colon and (policy != "on-failure" or not most.isdecimal())):
        raise UserError(f"cannot use --restart {text}", "use no, on-failure[:N], always or unless-stopped")
    if remove and policy != "no":
        raise UserError(
            "cannot use --restart together with --rm", "leave out one of them: what is removed cannot start"
        )
    return f"{policy}:{int(most)}" if colon and int(most) else policy


def log_driver(word: str) -> str:
    """Check --log-driver."""
    if word and word not in DRIVERS:
        raise UserError(f"cannot use the log driver {word}", f"use one of: {', '.join(DRIVERS)}")
    return word


def log_options(driver: str, words: Many) -> Many:
    """Check --log-opt: max-size=SIZE, max-file=N."""
    options = dict(word.partition("=")[::2] for word in words)
    odd = next((key for key, value in options.items() if key not in OPTIONS or not value), "")
    if odd:
        raise UserError(f"cannot use --log-opt {odd}", f"write one of {', '.join(OPTIONS)}, as max-size=10m")
    if options and driver == "none":
        raise UserError("cannot use --log-opt: the log driver none keeps nothing", "leave out one of them")
    if read_size(options.get("max-size", "1")) == 0 or not options.get("max-file", "1").isdecimal():
        raise UserError(f"cannot rotate by {' '.join(words)}", "write max-size=10m and max-file=3")
    if int(options.get("max-file", "1")) < 1 or (int(options.get("max-file", "1")) > 1 and "max-size" not in options):
        raise UserError("cannot keep several log files without a size", "add --log-opt max-size=10m")
    return tuple(f"{key}={value}" for key, value in options.items())


def health(command: str | None, times: tuple[str | None, ...], retries: int | None, *, none: bool) -> Health | None:
    """Return the check that flags ask for; `times` are interval, timeout, start period, start interval."""
    said = command is not None or retries is not None or any(text is not None for text in times)
    if none:
        if said:
            raise UserError("cannot use --no-healthcheck together with other --health flags", "leave out one of them")
        return Health(("NONE",))
    if not said:
        return None
    if retries is not None and retries < 0:
        raise UserError(f"cannot use --health-retries {retries}", "write a whole number, 0 for the usual 3")
    interval, timeout, period, start = (0.0 if text is None else read_span(text) for text in times)
    if any(0 < seconds < 0.001 for seconds in (interval, timeout, period, start)):  # noqa: PLR2004
        raise UserError("cannot check the health more often than each millisecond", "write 1ms or more")
    return Health(("CMD-SHELL", command) if command else (), interval, timeout, retries or 0, period, start)


def detach_keys(text: str) -> str:
    """Return the bytes of --detach-keys in hex: letters, or ctrl- and a letter or one of Docker's signs."""
    result = b""
    for key in text.split(",") if text else ():
        control = key.lower().removeprefix("ctrl-")
        if len(key) == 1 and key.isascii():
            result += key.encode()
        elif key.lower().startswith("ctrl-") and len(control) == 1 and control in SIGNS:
            result += bytes([ord(control.upper()) & 0x1F])
        else:
            raise UserError(f"cannot use the detach keys {text!r}", "write --detach-keys ctrl-p,ctrl-q, or a letter")
    return result.hex()


def attach_options(*, stdin: bool, signals: bool, keys: str, without: Many = ()) -> str:
    """Return the options of the op `attach`; `without` are streams of the program that are not shown."""
    hexed = detach_keys(keys)
    words = [word for word, said in (("stdin", stdin), ("signals", signals)) if said]
    words += [f"no-{stream}" for stream in without]
    return ",".join([*words, *([f"detach-keys={hexed}"] if hexed else [])])

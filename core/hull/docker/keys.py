"""The keys by which a client lets go of a terminal."""

from hull.commands import _life

KEYS = b"\x10\x11"  # ctrl-p, ctrl-q: what Docker's terminals take where nobody says


class Keys:
    """Looks for the keys that detach in what is typed at a terminal; what is piped may hold any bytes."""

    def __init__(self, text: str, *, tty: bool) -> None:
        asked = bytes.fromhex(_life.detach_keys(text))
        self._keys = (asked or KEYS) if tty else b""
        self._held = b""

    def pass_on(self, data: bytes) -> tuple[bytes, bool]:
        """Return what to send of it, and whether it detaches; what may be the keys' beginning is held back."""
        if not self._keys:
            return data, False
        data = self._held + data
        at = data.find(self._keys)
        if at >= 0:
            return data[:at], True
        held = next(size for size in range(len(self._keys) - 1, -1, -1) if data.endswith(self._keys[:size]))
        self._held = data[len(data) - held :]
        return data[: len(data) - held], False

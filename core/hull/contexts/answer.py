"""What an engine answers: a status, headers, and a body that is read whole, as it comes, or as JSON values."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import suppress

from hull.contexts.dialling import Dialled
from hull.errors import HostError
from hull.light import Any

CHUNK = 1 << 16


class Answer:
    """An engine's answer; `close` ends its connection, where nothing more of it is wanted."""

    def __init__(self, response: http.client.HTTPResponse, dialled: Dialled) -> None:
        self.response = response
        self.status = response.status
        self._dialled = dialled

    @property
    def sock(self) -> socket.socket:
        """The connection, for one that was hijacked: what came with the head is read from `response.fp` first."""
        return self._dialled.sock

    def header(self, name: str) -> str:
        """Return a header's value."""
        return self.response.getheader(name) or ""

    def read(self) -> bytes:
        """Return the whole body, and end the connection."""
        try:
            return self.response.read()
        except (OSError, http.client.HTTPException) as error:
            raise _broken_off(error) from None
        finally:
            self.close()

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes, and end the connection."""
        try:
            while chunk := self.response.read1(CHUNK):
                yield chunk
        except (OSError, http.client.HTTPException) as error:
            raise _broken_off(error) from None
        finally:
            self.close()

    def documents(self) -> Iterator[Any]:
        """Yield the JSON values of a stream as they come."""
        decoder, rest = json.JSONDecoder(), ""
        for text in _texts(self.chunks()):
            rest = (rest + text).lstrip()
            while rest:
                try:
                    value, end = decoder.raw_decode(rest)
                except ValueError:
                    break
                rest = rest[end:].lstrip()
                yield value

    def close(self) -> None:
        """Let go."""
        with suppress(OSError, AttributeError):
            self.response.close()
        self._dialled.close()


def _broken_off(error: Exception) -> HostError:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return HostError(f"the engine broke off: {reason}", "try again")


def _texts(chunks: Iterator[bytes]) -> Iterator[str]:
    import codecs

    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    for chunk in chunks:
        yield decode(chunk)

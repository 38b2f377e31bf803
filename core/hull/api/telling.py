"""What the server says on its standard error: of requests that failed, what nobody else is told."""

import sys

from aiohttp import web


def complain(request: web.BaseRequest, error: BaseException | None) -> None:
    """Say what a request failed of, with its path as it came: that holds nothing which a terminal obeys."""
    sys.stderr.write(f"hull serve: {request.method} {request.rel_url.raw_path}: {error!r}\n")

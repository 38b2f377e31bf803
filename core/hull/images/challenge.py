"""WWW-Authenticate: the challenges of one or more header lines. Source: RFC 9110, sections 5.6 and 11.6.1."""

from hull.light import NamedTuple

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Challenge(NamedTuple):
    """One challenge: the scheme in lower case, its parameters with names in lower case, first value kept."""

    scheme: str
    parameters: dict[str, str]


def parse(header: str) -> list[Challenge]:
    """Return the challenges in order; what is malformed is passed over up to the next comma."""
    found: list[Challenge] = []
    position = 0
    while position < len(header):
        position = _skip(header, position, " \t,")
        name, position = _token(header, position)
        if not name:
            position = _next_comma(header, position)
            continue
        after = _skip(header, position, " \t")
        if after < len(header) and header[after] == "=" and found:
            value, position = _value(header, _skip(header, after + 1, " \t"))
            found[-1].parameters.setdefault(name.lower(), value)
        else:
            found.append(Challenge(name.lower(), {}))
            position = _past_token68(header, after)
    return found


def _past_token68(header: str, position: int) -> int:
    """Pass over the bare credentials that may follow a scheme (`Negotiate abc==`)."""
    word, end = _token(header, position)
    rest = _skip(header, end, "=/")
    padded = rest > end and (rest == len(header) or header[rest] in ", \t")
    return rest if word and (padded or rest == len(header) or header[rest] == ",") else position


def _value(header: str, position: int) -> tuple[str, int]:
    if header[position : position + 1] != '"':
        end = position
        while end < len(header) and header[end] not in ' \t,"':
            end += 1
        return header[position:end], end
    text, position = "", position + 1
    while position < len(header) and header[position] != '"':
        position += header[position] == "\\"
        text += header[position : position + 1]
        position += 1
    return text, position + 1


def _token(header: str, position: int) -> tuple[str, int]:
    end = position
    while end < len(header) and header[end] in _TOKEN:
        end += 1
    return header[position:end], end


def _skip(header: str, position: int, chars: str) -> int:
    while position < len(header) and header[position] in chars:
        position += 1
    return position


def _next_comma(header: str, position: int) -> int:
    comma = header.find(",", position)
    return len(header) if comma < 0 else comma + 1

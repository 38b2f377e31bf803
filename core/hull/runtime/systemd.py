"""Ask systemd for a scope: a control group that this user may divide, and the calling process moved into it.

Only the manager may move a process out of a login session's group. Source: org.freedesktop.systemd1(5).
"""

import os

from hull.errors import HostError
from hull.light import Any

NAME, PATH, INTERFACE = "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
TIMEOUT = 10.0


def bus() -> str:
    """Return the D-Bus address of this user's manager, root's being the system's; "" where there is no socket."""
    if os.geteuid() == 0:
        path = "/run/dbus/system_bus_socket"
        return f"unix:path={path}" if os.path.exists(path) and os.path.isdir("/run/systemd/system") else ""
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return os.environ["DBUS_SESSION_BUS_ADDRESS"]
    path = f"{os.environ.get('XDG_RUNTIME_DIR') or f'/run/user/{os.geteuid()}'}/bus"
    return f"unix:path={path}" if os.path.exists(path) else ""


def refuses() -> str:
    """Return why systemd cannot be asked, "" where it can be."""
    if not bus():
        return "no systemd manager of this user runs here"
    from importlib.util import find_spec

    return "" if find_spec("jeepney") else "the Python package jeepney, which speaks to systemd, is not installed"


def enter_scope(unit: str) -> None:
    """Make a transient scope with this process in it, delegated; return once it is there."""
    from jeepney import DBusAddress, MatchRule, message_bus, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    manager = DBusAddress(PATH, NAME, INTERFACE)
    properties = [
        ("PIDs", ("au", [os.getpid()])),
        ("Delegate", ("b", True)),
        ("CollectMode", ("s", "inactive-or-failed")),
    ]
    done = MatchRule(type="signal", interface=INTERFACE, member="JobRemoved", path=PATH)
    try:
        with open_dbus_connection(bus()) as connection, connection.filter(done) as signals:
            _call(connection, message_bus.AddMatch(done))
            _call(connection, new_method_call(manager, "Subscribe"))
            start = new_method_call(manager, "StartTransientUnit", "ssa(sv)a(sa(sv))", (unit, "fail", properties, []))
            job = _call(connection, start)[0]
            while True:
                body = connection.recv_until_filtered(signals, timeout=TIMEOUT).body
                if body[1] == job:
                    break
    except (OSError, TimeoutError) as error:
        raise HostError(f"cannot ask systemd for the scope {unit}: {error}", "systemctl --user status") from None
    if body[3] != "done":
        raise HostError(f"cannot make the scope {unit}: systemd says {body[3]}", f"journalctl --user -u {unit}")


def attach(unit: str, subgroup: str) -> None:
    """Move this process into a group of a unit that was delegated to this user; `subgroup` is absolute below it."""
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    manager = DBusAddress(PATH, NAME, INTERFACE)
    words = (unit, subgroup, [os.getpid()])
    try:
        with open_dbus_connection(bus()) as connection:
            _call(connection, new_method_call(manager, "AttachProcessesToUnit", "ssau", words))
    except (OSError, TimeoutError) as error:
        raise HostError(f"cannot ask systemd for the scope {unit}: {error}", "systemctl --user status") from None


def _call(connection: Any, message: Any) -> tuple[Any, ...]:
    from jeepney import MessageType

    reply = connection.send_and_get_reply(message, timeout=TIMEOUT)
    body: tuple[Any, ...] = reply.body
    if reply.header.message_type == MessageType.error:
        raise HostError(
            f"cannot ask systemd: {body[0] if body else 'an error without a text'}", "systemctl --user status"
        )
    return body

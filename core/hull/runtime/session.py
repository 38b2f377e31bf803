"""A kept user namespace: a shell pays the set-uid helpers once. Only a descriptor keeps it alive."""

import os

from hull.errors import HostError
from hull.model import Identity
from hull.runtime import ops


class Session:
    """One mapped user namespace, open as `fd` in this process; gone when the process is.

    `path` is how a child that inherited `fd` names it.
    """

    def __init__(self, fd: int, identity: Identity) -> None:
        self.fd = fd
        self.identity = identity

    @classmethod
    def open(cls, identity: Identity) -> "Session":
        """Map a namespace (the helpers run here, once) and keep it."""
        import json
        from subprocess import PIPE

        from hull.runtime.launch import Launch, identity_ops, spawn

        reader, writer = os.pipe()
        plan = [("status", f"/proc/self/fd/{writer}"), *identity_ops(identity, None), ("hold",)]
        try:
            child = spawn(Launch(ops.encode(plan), ("hull-hold",)), stdin=PIPE, stderr=PIPE, pass_fds=(writer,))
        except HostError:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        with child, os.fdopen(reader, "rb") as status:
            ready = next((line for line in status if b'"ready"' in line), b"")
            if not ready:
                raise HostError(
                    child.communicate()[1].decode(errors="replace").strip() or "cannot map ids", "hull doctor"
                )
            fd = os.open(f"/proc/{json.loads(ready)['pid']}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
            child.communicate()
        return cls(fd, identity)

    @property
    def path(self) -> str:
        """Return the namespace's name for a child that has inherited the descriptor."""
        return f"/proc/self/fd/{self.fd}"

    def holds(self, identity: Identity) -> bool:
        """Whether every id of `identity` is mapped here, so that its namespace can nest in this one."""
        same = bool(self.identity.helpers) and identity.helpers == self.identity.helpers
        return same or identity == self.identity

    def close(self) -> None:
        """Let the namespace go."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

"""How Jupyter starts and ends a kernel of hull's: by unix sockets, no port is opened.

Registered as `hull` in the entry points jupyter_client.kernel_provisioners; kernel.json names it. It chooses the place
of the sockets and leaves the rest to `hull kernel start`, which Jupyter starts as it starts any kernel.
"""

import asyncio
import os
import uuid
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Unicode

from hull import paths
from hull.kernels.connections import SOCKET, checked
from hull.kernels.supervising import END

PATIENCE = 5.0  # seconds to end tidily before SIGKILL
STEP = 0.02


class HullProvisioner(LocalProvisioner):  # type: ignore[misc]
    """A local process whose sockets are unix sockets in a place of its own."""

    root = Unicode("", help="HULL_ROOT of the kernel's store", config=True)

    async def pre_launch(self, **given: Any) -> dict[str, Any]:
        """Choose the sockets, once for a kernel's whole life: a restart keeps the client's connections."""
        manager = self.parent
        if manager is not None and manager.transport != "ipc":
            found = paths.find({**os.environ, **({"HULL_ROOT": self.root} if self.root else {})})
            paths.prepare(found)
            place = checked(f"{found.runtime}/kernels/{uuid.uuid4().hex[:12]}")
            manager.transport, manager.cache_ports, manager.ip = "ipc", False, f"{place}/{SOCKET}"
        made: dict[str, Any] = await super().pre_launch(**given)
        return made

    async def kill(self, restart: bool = False) -> None:
        """End the kernel at once and wait until nothing of it is left."""
        if self.process is None:
            return
        self._tell(END)
        for _ in range(int(PATIENCE / STEP)):
            if self.process.poll() is not None:
                return
            await asyncio.sleep(STEP)
        await super().kill(restart)

    def _tell(self, number: int) -> None:
        try:
            os.kill(self.process.pid, number)
        except ProcessLookupError:
            return

"""What BuildKit's clients ask of the engine: moby.buildkit.v1.Control, and LLBBridge for one that leads a build itself.

buildx asks Control.Solve without a frontend, and then, as a frontend would, LLBBridge.Solve to have the Dockerfile
built; what it hands to Return ends the first call.
"""

import asyncio
from typing import Any

from hull.api.call import Call
from hull.api.rpc.calls import NOT_FOUND, UNKNOWN, Asked, Failed, Method
from hull.api.rpc.history import History
from hull.api.rpc.jobs import Job, Request
from hull.docker import buildcache, buildhistory

CONTROL, BRIDGE = "/moby.buildkit.v1.Control/", "/moby.buildkit.v1.frontend.LLBBridge/"
BUILD, PARENT = "buildkit-controlapi-buildid", "traceparent"
VERSION = "v0.13.0"  # of BuildKit, whose protocol this is
FRONTEND_CAPS = (
    "solve.base", "solve.inlinereturn", "resolveimage", "resolveimage.resolvemode", "return", "returnmap",
    "importcaches", "proto.refarray", "gateway.solve.metadata", "gateway.solve.evaluate", "gateway.evaluate",
)  # fmt: skip
LLB_CAPS = (
    "source.image", "source.image.resolvemode", "source.local", "source.local.unique", "source.local.sessionid",
    "source.local.includepatterns", "source.local.followpaths", "source.local.excludepatterns",
    "source.local.sharedkeyhint", "source.git", "source.git.keepgitdir", "source.git.fullurl", "source.http",
    "source.http.checksum", "source.buildop.llbfilename", "exec.meta.base", "exec.meta.network", "exec.meta.proxyenv",
    "exec.meta.ulimit", "exec.mount.bind", "exec.mount.cache", "exec.mount.cache.sharing", "exec.mount.selector",
    "exec.mount.tmpfs", "exec.mount.secret", "exec.mount.ssh", "exec.secretenv", "file.base", "constraints",
    "platform", "meta.ignorecache", "meta.description", "meta.exportcache", "exporter.sourcedateepoch",
    "exporter.multiple",
)  # fmt: skip


class Control:
    """The methods, for the connection of one call."""

    def __init__(self, call: Call) -> None:
        self._call, self._desk = call, call.work.desk
        self._types, self._history = self._desk.types, History(call)

    def methods(self) -> dict[str, Method]:
        """Return every method by its path."""
        control = (self.ListWorkers, self.Info, self.Solve, self.Status, self.DiskUsage, self.Prune)
        bridge = (self.Ping, self.Return, self.Evaluate)
        return {
            **self._history.methods(),
            **{f"{CONTROL}{one.__name__}": one for one in control},
            **{f"{BRIDGE}{one.__name__}": one for one in bridge},
            f"{BRIDGE}Solve": self.BridgeSolve,
        }

    async def ListWorkers(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Say who builds: this engine."""
        await asked.one()
        await self._say(asked, "Workers", record=[self._worker()])

    async def Info(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Say whose protocol is spoken."""
        await asked.one()
        await self._say(asked, "Info", buildkitVersion=self._version())

    async def Solve(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Build what is asked, or what the client that leads the build asks; answer when it is exported."""
        wanted = self._types.Solve.FromString(await asked.one())
        if wanted.Ref in self._desk.jobs:
            raise Failed(UNKNOWN, f"job ID {wanted.Ref} exists")
        exporters = [(one.Type, dict(one.Attrs)) for one in wanted.Exporters]
        if not exporters and wanted.Exporter:
            exporters = [(wanted.Exporter, dict(wanted.ExporterAttrs))]
        cache = [(one.Type, dict(one.Attrs)) for one in wanted.Cache.Exports]
        parent = "" if wanted.Internal else asked.metadata.get(PARENT, "")
        begun = buildhistory.begin(wanted.Ref, wanted.Frontend, wanted.FrontendAttrs, exporters, parent)
        request = Request(wanted.Session, tuple(exporters), tuple(cache), None if wanted.Internal else begun.about)
        job = Job(self._call, wanted.Ref, request)
        await self._desk.began(job)
        if not wanted.Internal:
            self._history.began(begun)
        error = ""
        try:
            answer = await self._answer(job, wanted)
        except Failed as failed:
            error = failed.message
            raise
        finally:
            job.end()
            loop = asyncio.get_running_loop()
            loop.call_later(60, self._desk.jobs.pop, wanted.Ref, None)  # who asks late for its status is answered
            if not wanted.Internal:
                await asyncio.shield(self._history.ended(begun, error))
        await self._say(asked, "Solved", ExporterResponse=answer)

    async def _answer(self, job: Job, wanted: Any) -> dict[str, str]:
        """Return what the exporters answer; a graph of operations is refused unless there is nothing in it."""
        if wanted.Frontend:
            return await job.build(wanted.Frontend, dict(wanted.FrontendAttrs))
        if not wanted.HasField("Definition"):
            return await job.returned
        if getattr(wanted.Definition, "def"):
            raise Failed(UNKNOWN, "cannot build a graph of operations: builds of hull read Dockerfiles")
        return {}

    async def Status(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Tell how a build goes."""
        ref = self._types.StatusRequest.FromString(await asked.one()).Ref
        if ref not in self._desk.jobs and (told := await self._history.told(ref)) is not None:
            for status in told:
                await asked.say(status)
            return
        job = await self._desk.job(ref)
        if job is None:
            raise Failed(NOT_FOUND, "no such job")
        async for status in job.status():
            await asked.say(status)

    async def DiskUsage(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Tell what builds keep for later ones."""
        await asked.one()
        records = await self._call.verb(buildcache.records, self._call.engine)
        await self._say(asked, "Usage", record=[self._record(one) for one in records])

    async def Prune(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Forget what builds keep."""
        wanted = self._types.Prune.FromString(await asked.one())
        gone = await self._call.verb(buildcache.prune, self._call.engine, wanted.keepDuration / 1_000_000_000)
        for record in gone.records:
            await asked.say(self._record(record).SerializeToString())

    async def Ping(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Say what a client that leads a build may ask."""
        await asked.one()
        await self._job(asked)
        caps = [[self._types.Cap(ID=name, Enabled=True) for name in names] for names in (FRONTEND_CAPS, LLB_CAPS)]
        await self._say(asked, "Pong", FrontendAPICaps=caps[0], LLBCaps=caps[1], Workers=[self._worker()])

    async def BridgeSolve(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Build for a client that leads the build; what it is given refers to the result."""
        wanted = self._types.BridgeSolve.FromString(await asked.one())
        job = await self._job(asked)
        if not wanted.Frontend:
            await self._say(asked, "BridgeSolved", result=self._types.Result())
            return
        ident = f"{job.ref}-{len(job.answers)}"
        job.answers[ident] = await job.build(wanted.Frontend, dict(wanted.FrontendOpt))
        await self._say(asked, "BridgeSolved", result=self._types.Result(ref=self._types.Ref(id=ident)))

    async def Evaluate(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Do nothing: what a client refers to is built."""
        await asked.one()
        await self._say(asked, "Empty")

    async def Return(self, asked: Asked) -> None:  # noqa: N802 (the protocol's name)
        """Take what a client that leads a build makes of it."""
        given = self._types.Return.FromString(await asked.one())
        job = await self._job(asked)
        if not job.returned.done():
            if given.HasField("error"):
                details = given.error.SerializeToString()
                job.returned.set_exception(Failed(given.error.code or UNKNOWN, given.error.message, details))
            else:
                found = [*given.result.refs.refs.values(), given.result.ref]
                idents = [given.result.refDeprecated, *(one.id for one in found)]
                job.returned.set_result(next((job.answers[one] for one in idents if one in job.answers), {}))
        await self._say(asked, "Empty")

    async def _job(self, asked: Asked) -> Job:
        job = await self._desk.job(asked.metadata.get(BUILD, ""))
        if job is None:
            raise Failed(NOT_FOUND, f"no such job {asked.metadata.get(BUILD, '')}")
        return job

    def _version(self) -> Any:
        from hull import __version__

        return self._types.Version(package="github.com/moby/buildkit", version=VERSION, revision=f"hull-{__version__}")

    def _worker(self) -> Any:
        system, architecture, variant = buildcache.platform()
        platform = self._types.Platform(OS=system, Architecture=architecture, Variant=variant)
        return self._types.Worker(
            ID="hull", Labels={"org.mobyproject.buildkit.worker.executor": "hull"}, platforms=[platform],
            BuildkitVersion=self._version(),
        )  # fmt: skip

    def _record(self, one: buildcache.Record) -> Any:
        made, used = (self._types.Timestamp(seconds=int(time)) for time in (one.created, one.used))
        return self._types.UsageRecord(
            ID=one.ident, Mutable=one.kind == buildcache.MOUNT, Size=one.size, CreatedAt=made, LastUsedAt=used,
            UsageCount=1, Description=one.text, RecordType=one.kind, Shared=one.shared,
        )  # fmt: skip

    async def _say(self, asked: Asked, name: str, **fields: Any) -> None:
        await asked.say(getattr(self._types, name)(**fields).SerializeToString())

"""The messages of BuildKit's protocols that are spoken here, as google.protobuf's classes made from one table.

Source: the .proto files of github.com/moby/buildkit (api/services/control, frontend/gateway, session/*) and
github.com/tonistiigi/fsutil (types). What is not in the table is not asked, and passed over where it comes.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "hull.buildkit"

# A line a message: its name, then fields, each NAME NUMBER TYPE; `*` after a type: many; `map` and `mapbytes` are from
# strings to strings and to bytes, `map>NAME` to messages.
TABLE = """
Empty
Timestamp seconds 1 int64, nanos 2 int32
Any type_url 1 string, value 2 bytes
Failure code 1 int32, message 2 string, details 3 Any*
Bytes data 1 bytes
Platform Architecture 1 string, OS 2 string, Variant 3 string
Version package 1 string, version 2 string, revision 3 string
Worker ID 1 string, Labels 2 map, platforms 3 Platform*, BuildkitVersion 5 Version
Workers record 1 Worker*
Info buildkitVersion 1 Version
Exporter Type 1 string, Attrs 2 map
CacheEntry Type 1 string, Attrs 2 map
CacheOptions Exports 4 CacheEntry*, Imports 5 CacheEntry*
Definition def 1 bytes*
Solve Ref 1 string, Definition 2 Definition, Exporter 3 string, ExporterAttrs 4 map, Session 5 string, Frontend 6 string, FrontendAttrs 7 map, Cache 8 CacheOptions, Entitlements 9 string*, Internal 11 bool, Exporters 13 Exporter*
Solved ExporterResponse 1 map
StatusRequest Ref 1 string
Vertex digest 1 string, inputs 2 string*, name 3 string, cached 4 bool, started 5 Timestamp, completed 6 Timestamp, error 7 string
VertexStatus ID 1 string, vertex 2 string, name 3 string, current 4 int64, total 5 int64, timestamp 6 Timestamp, started 7 Timestamp, completed 8 Timestamp
VertexLog vertex 1 string, timestamp 2 Timestamp, stream 3 int64, msg 4 bytes
VertexWarning vertex 1 string, level 2 int64, short 3 bytes, detail 4 bytes*, url 5 string
Status vertexes 1 Vertex*, statuses 2 VertexStatus*, logs 3 VertexLog*, warnings 4 VertexWarning*
UsageRecord ID 1 string, Mutable 2 bool, InUse 3 bool, Size 4 int64, CreatedAt 6 Timestamp, LastUsedAt 7 Timestamp, UsageCount 8 int64, Description 9 string, RecordType 10 string, Shared 11 bool
Usage record 1 UsageRecord*
Prune filter 1 string*, all 2 bool, keepDuration 3 int64
Cap ID 1 string, Enabled 2 bool
Pong FrontendAPICaps 1 Cap*, LLBCaps 2 Cap*, Workers 3 Worker*
BridgeSolve Frontend 2 string, FrontendOpt 3 map, CacheImports 12 CacheEntry*, Evaluate 14 bool
Ref id 1 string
RefMap refs 1 map>Ref
Result refDeprecated 1 string, ref 3 Ref, refs 4 RefMap, metadata 10 mapbytes
BridgeSolved ref 1 string, result 3 Result
Return result 1 Result, error 2 Failure
Stat path 1 string, mode 2 uint32, uid 3 uint32, gid 4 uint32, size 5 int64, modTime 6 int64, linkname 7 string, devmajor 8 int64, devminor 9 int64, xattrs 10 mapbytes
Packet type 1 int32, stat 2 Stat, ID 3 uint32, data 4 bytes
GetSecret ID 1 string
Secret data 1 bytes
CheckAgent ID 1 string
CredentialsRequest Host 1 string
Credentials Username 1 string, Secret 2 string
HistoryRequest ActiveOnly 1 bool, Ref 2 string, EarlyExit 3 bool
HistoryEvent type 1 int32, record 2 HistoryRecord
HistoryRecord Ref 1 string, Frontend 2 string, FrontendAttrs 3 map, Exporters 4 Exporter*, error 5 Failure, CreatedAt 6 Timestamp, CompletedAt 7 Timestamp, ExporterResponse 9 map, trace 13 Descriptor, pinned 14 bool, numCachedSteps 15 int32, numTotalSteps 16 int32, numCompletedSteps 17 int32
UpdateHistory Ref 1 string, Pinned 2 bool, Delete 3 bool
Descriptor media_type 1 string, digest 2 string, size 3 int64
ContentRequest digest 1 string, offset 2 int64, size 3 int64
ContentInfo digest 1 string, size 2 int64
ContentKnown info 1 ContentInfo
Content offset 1 int64, data 2 bytes
FetchToken ClientID 1 string, Host 2 string, Realm 3 string, Service 4 string, Scopes 5 string*
Token Token 1 string
"""  # noqa: E501 (a table)

KINDS = {"string": 9, "bytes": 12, "int64": 3, "int32": 5, "uint32": 13, "bool": 8}
MESSAGE, ONE, MANY = 11, 1, 3


class Types:
    """The classes, each an attribute by its name in the table. Made once a server: `Types()` costs 5 ms."""

    def __init__(self) -> None:
        file = descriptor_pb2.FileDescriptorProto(name="hull/buildkit.proto", package=PACKAGE, syntax="proto3")
        for line in TABLE.strip().splitlines():
            name, _, fields = line.partition(" ")
            message = file.message_type.add(name=name)
            for field in filter(None, fields.split(", ")):
                _add(message, *field.split(" "))
        pool = descriptor_pool.DescriptorPool()
        pool.Add(file)
        self._made = {
            one.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{one.name}"))
            for one in file.message_type
        }

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_made"][name]
        except KeyError:
            raise AttributeError(name) from None


def _add(message: Any, name: str, number: str, kind: str) -> None:
    many, kind = kind.endswith("*"), kind.removesuffix("*")
    field = message.field.add(name=name, number=int(number), label=MANY if many else ONE)
    if kind.startswith("map"):
        entry = message.nested_type.add(name=f"{name[0].upper()}{name[1:]}Entry")
        entry.options.map_entry = True
        _add(entry, "key", "1", "string")
        value = kind.partition(">")[2]
        _add(entry, "value", "2", value or ("bytes" if kind == "mapbytes" else "string"))
        field.label, field.type = MANY, MESSAGE
        field.type_name = f".{PACKAGE}.{message.name}.{entry.name}"
    elif kind in KINDS:
        field.type = KINDS[kind]
    else:
        field.type, field.type_name = MESSAGE, f".{PACKAGE}.{kind}"

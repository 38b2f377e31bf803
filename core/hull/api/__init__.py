"""Docker's API over the verbs, answered by a process that lives while somebody asks.

    routes     the table: method, path, who answers, since when
    app        the table as an application of aiohttp: versions, errors, headers
    call       one request as its handler sees it: its words, its body, the engine, a verb in a thread
    documents  JSON that clients send
    bodies     bodies of any size, both ways
    progress   an answer that grows while a verb works
    upgrading  where a request ends and a stream begins
    hijack     a connection that a handler can take; taken: what it is then, a stream both ways
    copying    bytes between such a stream and a container
    work       what the requests of a server share
    server     where it listens, before anything slow is imported
    answering  what answers, and when it ends
    tls        a door for other machines
    leaving    who has gone for good
    room       descriptors for all of them
    telling    what standard error says
    memory     given back
    handlers/  thin: read the words, call a verb or hull.docker, answer
    rpc/       BuildKit's gRPC

A handler is `async def name(call: Call) -> web.StreamResponse`. Its module is imported when it is first asked.
"""

"""Docker's API over the verbs, answered by a process that lives while somebody asks.

    routes     the table: method, path, who answers, since when
    app        the table as an application of aiohttp: versions, errors, headers
    call       one request as its handler sees it: its words, its body, the engine, a verb in a thread
    hijack     a connection that becomes a stream both ways
    server     where it listens, before anything slow is imported
    answering  what answers, and when it ends
    tls        a door for other machines
    leaving    who has gone for good
    handlers/  thin: read the words, call a verb or hull.docker, answer

A handler is `async def name(call: Call) -> web.StreamResponse`. Its module is imported when it is first asked.
"""

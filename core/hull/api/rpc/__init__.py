"""gRPC over a connection that was taken: what BuildKit's clients speak, and what the engine asks of them in turn.

    http2      one connection, whichever side opened it; the protocol's state is h2's; streams: what is read and written
    calls      gRPC's messages, statuses and metadata on a stream; a server of methods, calls of the other side's
    desk       the clients that let themselves be asked, by their ids, and the builds on their way
    attached   what a client is asked: its files, secrets, agents
    taking     a client's directory as a tar; sending: a result to a client; agents: a client's ssh agent at a socket
    control    BuildKit's Control and LLBBridge: what a client asks of the engine; history: builds that are over
    jobs       one build as its client sees it: what was told, how it ended

Imported when the first build needs it.
"""

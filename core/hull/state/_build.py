"""Describe the cffi module hull.state._jsonfile: the C files of jsonfile/. Read by setup.py (`cffi_modules`)."""

from cffi import FFI  # type: ignore[import-untyped]

PLACE = "core/hull/state/jsonfile"  # setuptools takes sources relative to setup.py

ffibuilder = FFI()

ffibuilder.cdef("""
    struct hull_run { int stream; size_t end; };
    struct hull_log {
        int64_t since, until;
        int filter, timestamps;
        const char *prefix;
        size_t prefix_size;
        int middle[3];
        int over;
        size_t used, made;
        int count;
        struct hull_run runs[...];
    };
    void hull_log_decode(struct hull_log *log, const char *in, size_t size, char *out, size_t room);
    long hull_log_back(const char *in, size_t size, int whole, long wanted, long *seen, size_t *reached);
""")

ffibuilder.set_source(
    "hull.state._jsonfile",
    '#include "jsonfile.h"',
    sources=[f"{PLACE}/{name}.c" for name in ("decode", "record", "text")],
    depends=[f"{PLACE}/jsonfile.h"],
    include_dirs=[PLACE],
    define_macros=[("_GNU_SOURCE", None)],
    py_limited_api=True,
)

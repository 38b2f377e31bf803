/* libFuzzer over the mirror's requests: an input is a sequence of them, each two bytes of size, its opcode, its node and
 * its body. Whatever their lengths say, nothing beyond them is read, and what was opened and found is given back. */
#include "mirror.h"

#include <stdlib.h>
#include <string.h>

enum { SHORT = 2, NAMES = 8 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void fail(int code, int error, const char *verb, const char *object, const char *reason)
{
    (void)code, (void)error, (void)verb, (void)object, (void)reason;
    abort(); /* a server answers; it never ends */
}

static const char *place;
static int null;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    place = getenv("MIRROR_PLACE") != NULL ? getenv("MIRROR_PLACE") : "/proc/self/fdinfo";
    null = open("/dev/null", O_RDWR);
    return 0;
}

static bool prepare(struct mirror *mirror)
{
    if (mirror_open(mirror, place) < 0)
        return false;
    mirror_attach(mirror, null);
    return true;
}

static void send_request(struct mirror *mirror, uint32_t opcode, uint64_t node, const void *body, size_t size)
{
    char request[sizeof(struct fuse_in_header) + 64];
    struct fuse_in_header header = {.len = (uint32_t)(sizeof header + size), .opcode = opcode, .nodeid = node};

    memcpy(request, &header, sizeof header);
    memcpy(request + sizeof header, body, size);
    mirror_handle(mirror, request, header.len);
}

/* What the kernel gives back when it is done leaves nothing but the root. */
static void give_back(struct mirror *mirror)
{
    const struct fuse_forget_in all = {.nlookup = UINT64_MAX};

    for (uint64_t i = 0; i < mirror->handle_room; i++) {
        const struct fuse_release_in handle = {.fh = i};

        send_request(mirror, FUSE_RELEASE, 1, &handle, sizeof handle);
    }
    for (uint64_t id = 2; id <= mirror->tree.last; id++)
        send_request(mirror, FUSE_FORGET, id, &all, sizeof all);
    if (mirror->tree.count != 1)
        abort();
}

/* A request of its own size in memory: a read behind it is found. The header is a true one in one case of two. */
static size_t ask(struct mirror *mirror, const uint8_t *data, size_t size)
{
    size_t length = size < SHORT ? 0 : data[0], whole = sizeof(struct fuse_in_header) + length;
    struct fuse_in_header header = {.len = (uint32_t)whole, .opcode = size < SHORT ? 0 : data[1] & 63, .unique = 1};
    char *request = malloc(whole);

    if (size > SHORT)
        header.nodeid = data[SHORT] % NAMES;
    if (size < SHORT + 1 + length)
        length = size < SHORT + 1 ? 0 : size - SHORT - 1;
    memset(request, 0, whole);
    memcpy(request, &header, sizeof header);
    memcpy(request + sizeof header, data + (size < SHORT + 1 ? size : SHORT + 1), length);
    if (size > SHORT && data[1] & 128)
        mirror_handle(mirror, request, whole < data[SHORT] ? whole : data[SHORT]);
    else
        mirror_handle(mirror, request, whole);
    free(request);
    return SHORT + 1 + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mirror mirror = {0};

    if (!prepare(&mirror))
        abort();
    for (size_t at = 0; at < size;)
        at += ask(&mirror, data + at, size - at);
    give_back(&mirror);
    mirror_close(&mirror);
    return 0;
}

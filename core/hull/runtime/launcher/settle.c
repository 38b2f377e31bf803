/* What a process that waits for months gives back: the pages that it touched on its way there, once. */
#include "hull.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { BELOW = 1 << 20, FRAMES = 1024 }; /* BELOW: deeper than anything went; FRAMES: what our own calls may take */

/* By the kernel's own call: it needs the least of a stack that is about to be gone. What is not mapped is no error. */
static void give_back(uintptr_t from, uintptr_t to)
{
    static uintptr_t page;

    if (page == 0)
        page = (uintptr_t)sysconf(_SC_PAGESIZE);
    from = (from + page - 1) & ~(page - 1);
    to &= ~(page - 1);
    if (from < to)
        syscall(SYS_madvise, from, to - from, MADV_DONTNEED);
}

/* `bytes` hold zeros afterwards, or what they held. */
void settle_room(void *bytes, size_t size)
{
    give_back((uintptr_t)bytes, (uintptr_t)bytes + size);
}

/* The stack below the caller's frame. */
void settle_stack(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0) - FRAMES;

    give_back(here - BELOW, here);
}

/* For a caller that never returns: the frames above its own as well, up to `top`. */
void settle_for_good(const void *frame, const void *top)
{
    settle_stack();
    give_back((uintptr_t)frame + FRAMES, (uintptr_t)top);
}

/* What a monitor lets go of: whoever started it may end, log out, unmount, and wait for its pipes' end. */
#include "monitor.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

enum { KEPT_MAX = 16 };

/* The plan names some by number: a session's kept namespace must be there at the next start, too. */
static void close_others(const struct plan *plan, int starter)
{
    unsigned long long kept[KEPT_MAX] = {(unsigned long long)starter}, number;
    unsigned from = 3;
    size_t count = 1;

    EACH(op, plan)
        for (int i = 0; i < PLAN_ARGUMENTS && op->arg[i] != NULL && op->word < W_HOSTNAME; i++)
            if (strncmp(op->arg[i], "/proc/self/fd/", 14) == 0 && text_number(op->arg[i] + 14, 1 << 20, &number) &&
                count < KEPT_MAX)
                kept[count++] = number;
    for (;;) {
        unsigned next = ~0U;

        for (size_t i = 0; i < count; i++)
            if (kept[i] >= from && kept[i] < next)
                next = (unsigned)kept[i];
        if (next > from)
            MUST(sys_close_range(from, next == ~0U ? next : next - 1), "close", "inherited descriptors");
        if (next == ~0U)
            return;
        from = next + 1;
    }
}

void detach_from_caller(const struct plan *plan, int starter)
{
    int null;

    prctl(PR_SET_NAME, "hull-monitor");
    umask(077);
    MUST(chdir("/"), "enter", "/");
    null = MUST(open("/dev/null", O_RDWR | O_CLOEXEC), "open", "/dev/null");
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        MUST(dup2(null, fd), "let go of", "a standard descriptor");
    close_others(plan, starter);
}

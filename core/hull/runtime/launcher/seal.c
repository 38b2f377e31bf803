/* The launcher's own file, out of the container's reach (CVE-2019-5736).
 *
 * Pid 1 inside is a copy of the launcher, so /proc/1/exe is the launcher's file. Whoever lacks CAP_SYS_PTRACE inside
 * cannot follow that link, because pid 1 keeps capabilities that the program never has; who has it could, once no
 * process executes the file any more, write to it if its owner is one of the mapped ids. For that pair alone the
 * launcher runs from a sealed copy of itself, at the cost of a second exec; or where its caller asks for it with
 * HULL_SEAL. runtime/sealed.py says against what, and starts a copy of its own where it can.
 */
#include "hull.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

static bool may_trace(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_CAPABILITIES);

    return op == NULL || strtoull(op->arg[0], NULL, 16) >> CAP_SYS_PTRACE & 1;
}

void seal_self(const struct plan *plan, char **argv, char **environment)
{
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    struct stat found;
    int self, copy;
    off_t at = 0;

    if (getenv("HULL_SEAL") == NULL && (!may_trace(plan) || plan_find(plan, W_INIT) == NULL))
        return;
    self = MUST(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open", "the launcher's own file");
    MUST(fstat(self, &found), "look at", "the launcher's own file");
    if (fcntl(self, F_GET_SEALS) == seals || (geteuid() == 0 && found.st_uid == 0 && !(found.st_mode & 022)) ||
        (found.st_uid != geteuid() && access("/proc/self/exe", W_OK) < 0)) {
        close(self);
        return;
    }
    copy = MUST(memfd_create("hull-launch", MFD_CLOEXEC | MFD_ALLOW_SEALING), "copy", "the launcher's own file");
    while (at < found.st_size)
        MUST(sendfile(copy, self, &at, (size_t)(found.st_size - at)), "copy", "the launcher's own file");
    MUST(fcntl(copy, F_ADD_SEALS, seals), "seal", "the launcher's own copy");
    MUST(fexecve(copy, argv, environment), "run", "the launcher's own copy");
}

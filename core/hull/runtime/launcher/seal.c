/* The launcher's own file, out of the container's reach (CVE-2019-5736).
 *
 * The container's root owns inside what its caller owns outside. Where the launcher's file is of that kind, a program
 * that follows /proc/1/exe, or that gets the kernel to execute /proc/self/exe before it is the program, could change
 * the file or its mode. So it runs from a sealed copy in memory: the caller passes one, or it is made here, at the cost
 * of a second exec.
 */
#include "hull.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, EXECUTABLE = 0x10 /* MFD_EXEC */ };

static bool owned_inside(const struct plan *plan, const struct stat *file)
{
    if (file->st_mode & 022)
        return true;
    if (geteuid() != 0 || plan_find(plan, W_JOIN) != NULL || plan_find(plan, W_USERNS_JOIN) != NULL)
        return file->st_uid == geteuid();
    EACH_OF(op, plan, W_UID_MAP) { /* root maps strangers' ids, unless it is root of a namespace itself */
        unsigned long long first = text_must_number(op->arg[1], UINT32_MAX, "it is not an id");
        unsigned long long count = text_must_number(op->arg[2], UINT32_MAX, "it is not a number of ids");

        if (file->st_uid >= first && file->st_uid - first < count)
            return true;
    }
    return false;
}

void seal_self(const struct plan *plan, char **argv, char **environment)
{
    static const char path[] = "/proc/self/exe";
    struct stat found;
    int self, copy;
    off_t at = 0;

    if (stat(path, &found) < 0 || !owned_inside(plan, &found)) /* without /proc nothing can be followed there */
        return;
    self = MUST(open(path, O_RDONLY | O_CLOEXEC), "open", "the launcher's own file");
    if (fcntl(self, F_GET_SEALS) == SEALS) {
        close(self);
        return;
    }
    if ((copy = memfd_create("hull-launch", MFD_CLOEXEC | MFD_ALLOW_SEALING | EXECUTABLE)) < 0)
        copy = MUST(memfd_create("hull-launch", MFD_CLOEXEC | MFD_ALLOW_SEALING), "copy", "the launcher's own file");
    while (at < found.st_size)
        if (sendfile(copy, self, &at, (size_t)(found.st_size - at)) <= 0)
            fail_errno("copy", "the launcher's own file");
    MUST(fcntl(copy, F_ADD_SEALS, SEALS), "seal", "the launcher's own copy");
    MUST(fexecve(copy, argv, environment), "run", "the launcher's own copy");
}

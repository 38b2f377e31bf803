/* What the program may do.
 *
 * Theory of operation. A filter without no_new_privs needs CAP_SYS_ADMIN, and a filter may fake setuid or capset: so
 * the bounding set shrinks first, then the ids change, and the filter comes last, just before exec. Between ids and
 * exec the process of a user other than root holds CAP_SYS_ADMIN alone, which opens no file that its ids do not. The
 * exec itself drops it: the new program's capabilities are computed from the bounding, inheritable and ambient sets.
 */
#include "hull.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static uint64_t parse_mask(const char *text)
{
    char *end;
    uint64_t mask = strtoull(text, &end, 16);

    if (*end || end == text)
        fail(EXIT_TOOL, EINVAL, "understand the capabilities", text, NULL);
    return mask;
}

/* Every capability that is not asked for leaves the bounding set: no exec can bring it back. */
void confine_bounding(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_CAPABILITIES);
    uint64_t keep;

    if (op == NULL)
        return;
    fail_at(op);
    keep = parse_mask(op->arg[0]);
    for (unsigned long cap = 0; cap < 64; cap++)
        if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap) < 0) {
            if (errno == EINVAL && prctl(PR_CAPBSET_READ, cap) < 0)
                break; /* behind this kernel's last */
            fail_errno("drop", "a capability");
        }
}

static void set_capabilities(uint64_t permitted, uint64_t inheritable)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)permitted, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(permitted >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
    };

    MUST(syscall(SYS_capset, &header, data), "set", "the capabilities");
}

/* What we have: all that this kernel knows, as root of a user namespace. */
static uint64_t all_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};

    MUST(syscall(SYS_capget, &header, data), "look at", "the capabilities");
    return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static void change_ids(const struct plan *plan, const struct identity *who)
{
    bool denied = plan_find(plan, W_SETGROUPS_DENY) != NULL;

    if (!denied && setgroups((size_t)who->group_count, who->groups) < 0) {
        if (errno != EPERM || plan_find(plan, W_JOIN) == NULL)
            fail_errno("set", "the supplementary groups");
        denied = true; /* we hold CAP_SETGID over what we joined: only its own denial is left as the reason */
    }
    if (denied && plan_find(plan, W_GROUP) != NULL)
        fail(EXIT_TOOL, EPERM, "add", "groups",
             "one id is mapped, and its price is setgroups; a subordinate id range in /etc/subuid and /etc/subgid helps");
    if (setresgid(who->gid, who->gid, who->gid) < 0 || setresuid(who->uid, who->uid, who->uid) < 0)
        fail(EXIT_TOOL, errno, "become the user", plan_find(plan, W_USER) ? plan_find(plan, W_USER)->arg[0] : "0",
             errno == EINVAL ? "that id is not mapped; a subordinate id range in /etc/subuid and /etc/subgid maps more"
                             : NULL);
}

void confine_become(const struct plan *plan, const struct identity *who)
{
    const struct op *op = plan_find(plan, W_CAPABILITIES);
    bool filters = plan_find(plan, W_SECCOMP) != NULL;
    uint64_t all = all_capabilities(), bounding = op ? parse_mask(op->arg[0]) & all : all;
    uint64_t ambient = op ? parse_mask(op->arg[1]) : 0;
    uint64_t meanwhile = filters ? (uint64_t)1 << CAP_SYS_ADMIN : 0;

    MUST(prctl(PR_SET_KEEPCAPS, 1), "keep", "the capabilities for a moment");
    change_ids(plan, who);
    fail_at(op);
    if (ambient & ~bounding)
        fail(EXIT_TOOL, EINVAL, "keep the capabilities", op->arg[1], "the bounding set lacks some of them");
    set_capabilities((who->uid == 0 ? bounding : ambient) | meanwhile, ambient);
    for (unsigned long cap = 0; ambient >> cap; cap++)
        if (ambient >> cap & 1)
            MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0), "keep", "an ambient capability");
    if (plan_find(plan, W_NO_NEW_PRIVILEGES) != NULL)
        MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up", "new privileges");
}

static void install(const char *text)
{
    static struct sock_filter code[BPF_MAXINSNS] ROOMY;
    struct sock_fprog program = {.filter = code};
    ssize_t length = text_bytes(text, code, sizeof code);

    if (length <= 0 || (size_t)length % sizeof *code)
        fail(EXIT_TOOL, EINVAL, "install", "the seccomp filter", "it is not a list of instructions in lower-case hex");
    program.len = (unsigned short)((size_t)length / sizeof *code);
    MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "install", "the seccomp filter");
}

void confine_filter(const struct plan *plan)
{
    EACH_OF(op, plan, W_SECCOMP) {
        fail_at(op);
        install(op->arg[0]);
    }
}

/* What the resolver may still ask of the kernel: to hear, to answer, to ask others, to have a process for a stream. */
#include "resolve.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0 /* one whose calls nobody has looked at */
#endif

#ifdef __SANITIZE_ADDRESS__ /* whose runtime calls more than the code does */
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

enum { MOST = 128, REFUSED = SECCOMP_RET_ERRNO | EPERM };
enum { SPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP };

/* What libc makes of fork, poll and alarm differs by machine and libc. */
static const unsigned allowed[] = {
    SYS_recvfrom, SYS_sendto, SYS_connect, SYS_accept4, SYS_shutdown, SYS_close, SYS_ppoll, SYS_pread64, SYS_fstat,
    SYS_newfstatat, SYS_clock_gettime, SYS_wait4, SYS_madvise, SYS_setitimer, SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_restart_syscall, SYS_set_robust_list, SYS_set_tid_address, SYS_gettid, SYS_exit, SYS_exit_group,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_fork
    SYS_fork,
#endif
#ifdef SYS_alarm
    SYS_alarm,
#endif
};

static struct sock_filter load(size_t offset)
{
    return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset);
}

static struct sock_filter jump(unsigned short test, unsigned value, unsigned char yes, unsigned char no)
{
    return (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, yes, no);
}

static struct sock_filter answer(unsigned what)
{
    return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what);
}

/* Should: come last, with no new privileges. */
void resolve_confine(void)
{
    static const size_t first = offsetof(struct seccomp_data, args);
    struct sock_filter code[MOST];
    struct sock_fprog program = {.filter = code};
    size_t n = 0;

    if (ARCHITECTURE == 0 || SANITIZED)
        return;
    code[n++] = load(offsetof(struct seccomp_data, arch));
    code[n++] = jump(BPF_JEQ, ARCHITECTURE, 1, 0);
    code[n++] = answer(SECCOMP_RET_KILL_PROCESS);
    code[n++] = load(offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        code[n++] = jump(BPF_JEQ, allowed[i], 0, 1);
        code[n++] = answer(SECCOMP_RET_ALLOW);
    }
    code[n++] = jump(BPF_JEQ, SYS_clone, 0, 4);
    code[n++] = load(first);
    code[n++] = jump(BPF_JSET, SPACES, 0, 1);
    code[n++] = answer(REFUSED);
    code[n++] = answer(SECCOMP_RET_ALLOW);
    code[n++] = jump(BPF_JEQ, SYS_socket, 0, 4);
    code[n++] = load(first);
    code[n++] = jump(BPF_JEQ, AF_INET, 1, 0);
    code[n++] = jump(BPF_JEQ, AF_INET6, 0, 1);
    code[n++] = answer(SECCOMP_RET_ALLOW);
    code[n++] = answer(REFUSED);
    program.len = (unsigned short)n;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
        forward_fail("give up", "most system calls");
}

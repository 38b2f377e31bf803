/* What a run's launcher tells its monitor; in the foreground there is none, and nothing is told. */
#include "hull.h"

#include <sys/prctl.h>

/* Whoever waits for the monitor waits for the container: neither outlives it. Credentials may have changed since the
 * monitor made this process, and with them the wish was cleared. */
void leash_tie(const struct launch *launch)
{
    if (launch->leash == 0)
        return;
    MUST(prctl(PR_SET_PDEATHSIG, SIGKILL), "bind our life to", "the monitor's");
    if (getppid() != launch->monitor)
        _exit(EXIT_TOOL);
}

void leash_ready(const struct launch *launch)
{
    int init;

    if (launch->leash == 0)
        return;
    init = MUST(sys_pidfd_open(launch->child), "open", "the container's first process");
    channel_send(launch->leash, NOTE_READY, launch->child, init);
    close(init);
    if (launch->inside >= 0)
        channel_send(launch->leash, NOTE_INSIDE, 0, launch->inside);
}

/* The size comes before the program: wait until the monitor has set it. */
void leash_pty(const struct launch *launch, int master)
{
    channel_send(launch->leash, NOTE_PTY, 0, master);
    close(master);
    channel_await(launch->leash, NOTE_GO);
}

void leash_executed(const struct launch *launch)
{
    if (launch->leash == 0)
        return;
    channel_send(launch->leash, NOTE_EXECUTED, 0, -1);
    settle_stack();
}

void leash_ended(const struct launch *launch, int code)
{
    channel_send(launch->leash, NOTE_ENDED, code | launch->killed_by << 8, -1);
}

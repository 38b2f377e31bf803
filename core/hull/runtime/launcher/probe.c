/* A probe: a second program in the running container, as `exec` starts one, with a reaper inside that nothing it
 * started escapes from. */
#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum { KINDS_OPS = 3, OUTPUT_KEPT = 4096 };

/* The container's own program ops, the probe's words. */
static struct plan *make_plan(const struct monitor *m)
{
    static struct plan plan;
    static char pid[16], tick[24], kinds[] = "user,mount,pid,ipc,uts,net,cgroup";
    struct op *ops = calloc(m->plan->count + KINDS_OPS, sizeof *ops);
    size_t count = 0;

    if (ops == NULL)
        fail(EXIT_TOOL, ENOMEM, "prepare", "a health probe", NULL);
    snprintf(pid, sizeof pid, "%d", (int)m->init_pid);
    snprintf(tick, sizeof tick, "%llu", status_start_ticks(m->init_pid));
    EACH_OF(op, m->plan, W_CGROUP)
        ops[count++] = *op;
    ops[count++] = (struct op){.word = W_JOIN, .arg = {pid, tick, kinds}};
    ops[count++] = (struct op){.word = W_INIT};
    EACH(op, m->plan) {
        if (op->word >= W_RLIMIT && op->word <= W_HOME)
            ops[count++] = *op;
        else if (op->word == W_HEALTH_ARG)
            ops[count++] = (struct op){.word = W_ARG, .arg = {op->arg[0]}};
    }
    plan = (struct plan){.ops = ops, .count = count};
    return &plan;
}

static void become_launcher(struct monitor *m, int leash, int output, pid_t monitor)
{
    MUST(prctl(PR_SET_PDEATHSIG, SIGKILL), "bind our life to", "the monitor's");
    if (getppid() != monitor)
        _exit(EXIT_TOOL);
    close(m->hold);
    prctl(PR_SET_NAME, "hull-probe");
    MUST(dup2(output, STDOUT_FILENO), "use", "the probe's output");
    MUST(dup2(output, STDERR_FILENO), "use", "the probe's output");
    fail_speak(0);
    fail_saving(NULL);
    status_close();
    events_close();
    *m->launch = (struct launch){.leash = leash, .monitor = monitor, .plan = make_plan(m)};
}

bool probe_start(struct monitor *m)
{
    struct health *health = &m->health;
    int leash[2], output[2];
    pid_t monitor = getpid();

    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
        if (client->role == ROLE_PROBER)
            client->role = ROLE_PROBED;
    health->wanted = health->late = false;
    health->started = status_now();
    health->deadline = channel_clock() + health->timeout;
    health->init = 0;
    health->output.used = 0;
    channel_make(leash);
    MUST(pipe2(output, O_CLOEXEC), "make", "a pipe");
    health->probe = MUST(fork(), "start", "a health probe");
    if (health->probe == 0) {
        become_launcher(m, leash[1], output[1], monitor);
        return true;
    }
    close(leash[1]);
    close(output[1]);
    health->leash = leash[0];
    health->output.fd = output[0];
    MUST(fcntl(output[0], F_SETFL, O_NONBLOCK), "prepare", "a pipe");
    return false;
}

void probe_take(struct monitor *m)
{
    struct message message = {0};
    int passed = -1;

    if (!channel_try_receive(m->health.leash, &message, &passed)) {
        close(m->health.leash);
        m->health.leash = -1;
    } else if (message.note == NOTE_READY) {
        m->health.init = message.value;
    }
    if (passed >= 0)
        close(passed);
}

/* The first four KiB are kept, the rest is read and forgotten. */
void probe_read(struct monitor *m)
{
    struct stream *output = &m->health.output;
    char rest[1024];
    size_t room = OUTPUT_KEPT - output->used;
    ssize_t got = read(output->fd, room > 0 ? output->bytes + output->used : rest, room > 0 ? room : sizeof rest);

    if (got > 0 && room > 0)
        output->used += (size_t)got;
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
        close(output->fd);
        output->fd = -1;
    }
}

/* How many of its children are dead; -1: not all are, or were until now. */
static int kill_below(pid_t parent)
{
    char path[64];
    int dead = 0, alive = 0, child;
    FILE *children;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    if ((children = fopen(path, "re")) == NULL)
        return 0;
    while (fscanf(children, "%d", &child) == 1) {
        if (status_is_dead(child)) {
            dead++;
        } else {
            kill(child, SIGKILL);
            alive++;
        }
    }
    fclose(children);
    return alive > 0 ? -1 : dead;
}

/* Whatever it started is below its reaper, and what loses its parent comes to be the reaper's child: so kill those,
 * round by round, while the reaper stands still and no number is used again. Who dies after the list was read may have
 * left children that it does not name: the end is two lists of the same dead. */
static void kill_all(pid_t reaper)
{
    const struct timespec moment = {.tv_nsec = 500000};
    int before = -1, dead;

    kill(reaper, SIGSTOP);
    for (int rounds = 0; rounds < 2000; rounds++) {
        dead = kill_below(reaper);
        if (dead >= 0 && dead == before)
            break;
        before = dead;
        if (dead < 0)
            nanosleep(&moment, NULL);
    }
    kill(reaper, SIGKILL);
}

void probe_kill(struct monitor *m)
{
    struct health *health = &m->health;

    health->late = true;
    health->deadline = 0;
    kill(health->probe, SIGSTOP); /* what it has not said by now has not begun */
    for (struct pollfd event = {.fd = health->leash, .events = POLLIN}; health->leash >= 0 && poll(&event, 1, 0) > 0;)
        probe_take(m);
    if (health->init > 0) {
        kill_all(health->init);
        kill(health->probe, SIGCONT);
    } else {
        kill(health->probe, SIGKILL);
    }
}

/* Docker's words, before what the probe wrote until then; the time as Go writes one. */
static void tell_late(struct health *health)
{
    char head[96], minutes[24] = "";
    long long milliseconds = health->timeout / 1000000;
    size_t length, room = OUTPUT_KEPT;

    if (milliseconds >= 60000)
        snprintf(minutes, sizeof minutes, "%lldm", milliseconds / 60000);
    length = (size_t)(milliseconds < 1000
                          ? snprintf(head, sizeof head, "Health check exceeded timeout (%lldms)", milliseconds)
                          : snprintf(head, sizeof head, "Health check exceeded timeout (%s%gs)", minutes,
                                     (double)(milliseconds % 60000) / 1000));
    if (health->output.used > 0)
        length += (size_t)snprintf(head + length, sizeof head - length, ": ");
    if (health->output.used > room - length)
        health->output.used = room - length;
    memmove(health->output.bytes + length, health->output.bytes, health->output.used);
    memcpy(health->output.bytes, head, length);
    health->output.used += length;
}

void probe_over(struct monitor *m, int status)
{
    struct health *health = &m->health;
    struct pollfd event = {.fd = health->output.fd, .events = POLLIN};
    double end = status_now();
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    health->probe = 0;
    health->deadline = 0;
    while (health->output.fd >= 0 && poll(&event, 1, 0) > 0 && event.revents & POLLIN)
        probe_read(m);
    if (health->output.fd >= 0)
        close(health->output.fd);
    if (health->leash >= 0)
        close(health->leash);
    health->output.fd = health->leash = -1;
    if (m->phase != PHASE_RUNNING || m->executed == 0)
        return;
    if (health->late) {
        tell_late(health);
        code = -1;
    }
    health_result(m, code, health->output.bytes, health->output.used, end);
}

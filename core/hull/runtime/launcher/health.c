/* Health: when to probe, and what the probes' results mean. Docker's rules. */
#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { KEPT = 5, OUTPUT_MAX = 4096 };

static struct {
    double start, end;
    int code;
    size_t length;
    char output[OUTPUT_MAX];
} results[KEPT] ROOMY;
static unsigned count;

static int64_t number(const char *text)
{
    return (int64_t)text_must_number(text, INT32_MAX, "it is not a number of milliseconds") * 1000000;
}

void health_parse(struct monitor *m)
{
    const struct op *op = plan_find(m->plan, W_HEALTH);
    struct health *health = &m->health;

    health->leash = health->output.fd = -1;
    health->status = "";
    if (op == NULL)
        return;
    fail_at(op);
    if (plan_find(m->plan, W_HEALTH_ARG) == NULL)
        fail(EXIT_TOOL, EINVAL, "probe the health by", "nothing", "the plan has no health-arg");
    health->asked = true;
    health->status = "starting";
    health->interval = number(op->arg[0]);
    health->timeout = number(op->arg[1]);
    health->retries = text_must_number(op->arg[2], INT32_MAX, "it is not a number");
    health->period = number(op->arg[3]);
    health->period_interval = number(op->arg[4]);
    fail_at(NULL);
}

static void become(struct health *health, const char *status)
{
    char event[64];

    health->status = status;
    status_tell("\"event\":\"health\",\"status\":\"%s\",\"failing\":%llu", status, health->failing);
    snprintf(event, sizeof event, "health_status: %s", status);
    events_add(event, "");
}

static bool in_period(const struct health *health, int64_t now)
{
    return strcmp(health->status, "starting") == 0 && now - health->began < health->period;
}

static void schedule(struct health *health)
{
    int64_t now = channel_clock();

    health->due =
        now + (in_period(health, now) && health->period_interval > 0 ? health->period_interval : health->interval);
}

/* The program runs. */
void health_begin(struct monitor *m)
{
    struct health *health = &m->health;

    if (!health->asked)
        return;
    health->began = channel_clock();
    health->failing = 0;
    become(health, "starting");
    schedule(health);
}

/* The program is over, and a probe of it with it. */
void health_end(struct monitor *m)
{
    m->health.due = m->health.deadline = 0;
    m->health.wanted = false;
    if (m->health.probe > 0)
        kill(m->health.probe, SIGKILL);
}

static size_t write_result(char *out, size_t i)
{
    bool exact = true;
    char *put = out + sprintf(out, "{\"start\":%.6f,\"end\":%.6f,\"code\":%d,\"output\":\"", results[i].start,
                              results[i].end, results[i].code);

    put += encode_text(put, results[i].output, results[i].length, &exact);
    memcpy(put, "\"}", 3);
    return (size_t)(put - out) + 2;
}

/* Replaced whole: a reader sees the last five or the five before. */
static void save(char *line)
{
    char path[4096], fresh[4104];
    const char *status = status_path(), *slash = status != NULL ? strrchr(status, '/') : NULL;
    bool whole = true;
    int fd;

    if (slash == NULL || (size_t)(slash - status) > sizeof path - 16)
        return;
    snprintf(path, sizeof path, "%.*s/health", (int)(slash - status), status);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    if ((fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        return;
    for (unsigned i = count > KEPT ? count - KEPT : 0; i < count; i++) {
        size_t length = write_result(line, i % KEPT);

        line[length++] = '\n';
        whole = whole && write(fd, line, length) == (ssize_t)length;
    }
    close(fd);
    if (!whole || rename(fresh, path) < 0)
        unlink(fresh);
}

static void answer(struct monitor *m, const char *line, size_t length)
{
    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
        if (client->role == ROLE_PROBED) {
            send(client->fd, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);
            clients_drop(client);
        }
}

/* code -1: it took too long, or could not be started. */
void health_result(struct monitor *m, int code, const char *output, size_t length, double end)
{
    static char line[OUTPUT_MAX * 6 + 200] ROOMY;
    struct health *health = &m->health;
    size_t slot = count++ % KEPT;

    results[slot].start = health->started;
    results[slot].end = end;
    results[slot].code = code;
    results[slot].length = length < OUTPUT_MAX ? length : OUTPUT_MAX;
    memcpy(results[slot].output, output, results[slot].length);
    save(line);
    if (code == 0) {
        health->failing = 0;
        if (strcmp(health->status, "healthy") != 0)
            become(health, "healthy");
    } else if (!in_period(health, channel_clock())) {
        health->failing++;
        if (health->failing >= health->retries && strcmp(health->status, "unhealthy") != 0)
            become(health, "unhealthy");
    }
    answer(m, line, write_result(line, slot));
    schedule(health);
}

/* When something is to be done: 0 never. */
int64_t health_next(const struct monitor *m)
{
    const struct health *health = &m->health;

    if (!health->asked || m->phase != PHASE_RUNNING || m->executed == 0)
        return 0;
    if (health->probe > 0)
        return health->deadline;
    return health->wanted ? 1 : health->paused ? 0 : health->due;
}

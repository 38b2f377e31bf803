/* Docker's events, one JSON line each, for `hull events`. The file is opened for each: whoever rotates it moves it. */
#include "hull.h"

#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

enum { MOST = 4 << 20 };

static struct {
    const char *path, *attributes, *id; /* path NULL: nobody wants them */
    const struct plan *plan;
    int64_t started;
} events;

static void must_be_object(const char *text)
{
    if (text[0] != '{' || text[strlen(text) - 1] != '}')
        fail(EXIT_TOOL, EINVAL, "add to an event", text, "it is not an object");
}

void events_open(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_EVENTS), *id = plan_find(plan, W_ID);

    if (op == NULL)
        return;
    fail_at(op);
    must_be_object(op->arg[1]);
    EACH_OF(volume, plan, W_VOLUME)
        must_be_object(volume->arg[1]);
    events.path = op->arg[0];
    events.attributes = op->arg[1];
    events.plan = plan;
    events.id = id != NULL ? id->arg[0] : "";
    fail_at(NULL);
}

void events_close(void)
{
    events.path = NULL;
}

static int open_now(void)
{
    return open(events.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* A full file gets a second name and a new one begins, as state/events.py does it: under the full one's own lock, and
 * only while it still has the name. Nobody waits for the lock: whoever holds it does the same. */
static int open_events(void)
{
    struct stat full, named;
    char old[4096];
    int fd = open_now();

    if (fd < 0 || fstat(fd, &full) < 0 || full.st_size < MOST || strlen(events.path) > sizeof old - 3)
        return fd;
    text_join(old, sizeof old, events.path, ".1", "");
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 || stat(events.path, &named) < 0 || named.st_ino != full.st_ino ||
        named.st_dev != full.st_dev || rename(events.path, old) < 0) {
        flock(fd, LOCK_UN);
        return fd;
    }
    close(fd);
    return open_now();
}

/* `attributes` are members to add, each with a comma behind it; `given` the end of an object. A full disk: the container
 * goes on. */
static void append(const char *type, const char *action, const char *id, const char *attributes, const char *given)
{
    struct timespec now = {0};
    char head[512], tail[96];
    int fd;

    if (events.path == NULL ||
        (fd = open_events()) < 0)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(head, sizeof head,
             "{\"Type\":\"%s\",\"Action\":\"%s\",\"Actor\":{\"ID\":\"%.300s\",\"Attributes\":{", type, action, id);
    snprintf(tail, sizeof tail, "},\"scope\":\"local\",\"time\":%lld,\"timeNano\":%lld%09ld}\n",
             (long long)now.tv_sec, (long long)now.tv_sec, now.tv_nsec);
    size_t less = strcmp(given, "}") == 0 && *attributes != '\0'; /* nothing follows that last comma */
    struct iovec line[] = {
        {head, strlen(head)},
        {(void *)(uintptr_t)attributes, strlen(attributes) - less},
        {(void *)(uintptr_t)given, strlen(given)},
        {tail, strlen(tail)},
    };

    if (writev(fd, line, 4) < 0)
        errno = 0;
    close(fd);
}

void events_add(const char *action, const char *attributes)
{
    append("container", action, events.id, attributes, events.path != NULL ? events.attributes + 1 : "}");
}

/* A volume's name holds nothing that JSON would escape: Python saw to it. */
static void tell_volumes(const char *action)
{
    EACH_OF(volume, events.plan, W_VOLUME)
        append("volume", action, volume->arg[0], "", volume->arg[1] + 1);
}

void events_started(void)
{
    if (events.path == NULL)
        return;
    events.started = channel_clock();
    tell_volumes("mount");
    events_add("start", "");
}

void events_began(int64_t started)
{
    events.started = started;
}

void events_died(int code, bool oom)
{
    char attributes[96];
    int64_t lasted = events.started != 0 ? (channel_clock() - events.started) / 1000000000 : 0;

    if (events.path == NULL)
        return;
    if (oom)
        events_add("oom", "");
    snprintf(attributes, sizeof attributes, "\"execDuration\":\"%lld\",\"exitCode\":\"%d\",", (long long)lasted, code);
    events_add("die", attributes);
    tell_volumes("unmount");
}

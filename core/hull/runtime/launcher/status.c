/* JSON lines out: what happened, appended to a file that outlives the launcher. Nothing is ever parsed from stderr. */
#include "hull.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SHORT = 16 << 10 };

static struct {
    int fd; /* 0: no status was asked */
    const char *path;
    char monitor[128];
} status;

int status_descriptor(void)
{
    return status.fd ? status.fd : -1;
}

const char *status_path(void)
{
    return status.path;
}

void status_close(void)
{
    status.fd = 0;
    status.path = NULL;
}

void status_open(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_STATUS);
    unsigned long long number;

    if (op == NULL)
        return;
    fail_at(op);
    if (strncmp(op->arg[0], "/proc/self/fd/", 14) == 0 && text_number(op->arg[0] + 14, 1 << 20, &number)) {
        status.fd = MUST(fcntl((int)number, F_DUPFD_CLOEXEC, 3), "use", op->arg[0]);
        return;
    }
    status.fd = MUST(open(op->arg[0], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), "open",
                     op->arg[0]);
    status.path = op->arg[0];
}

/* One write a line, so that lines of two writers never mix. A full disk must not end a running container. */
static void put(const char *line, int length)
{
    if (status.fd && write(status.fd, line, (size_t)length) < 0)
        status.fd = 0;
}

double status_now(void)
{
    struct timespec time = {0};

    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* /proc/PID/stat from field 3 on, NULL: there is none. Field 2, the name, may hold anything but ends the parentheses. */
static const char *read_stat(pid_t pid, char *text, size_t size)
{
    char path[64], *at;
    ssize_t got;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return NULL;
    got = read(fd, text, size - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return (at = strrchr(text, ')')) != NULL && at[1] == ' ' ? at + 2 : NULL;
}

unsigned long long status_start_ticks(pid_t pid)
{
    char text[1024];
    const char *at = read_stat(pid, text, sizeof text);

    for (int field = 3; field < 22 && at != NULL; field++)
        at = (at = strchr(at, ' ')) != NULL ? at + 1 : NULL;
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

bool status_is_dead(pid_t pid)
{
    char text[1024];
    const char *at = read_stat(pid, text, sizeof text);

    return at == NULL || *at == 'Z' || *at == 'X';
}

/* One line of members, the time last; they are short and hold nothing that JSON would escape. */
void status_tell(const char *members, ...)
{
    char line[256];
    int length = 1;
    va_list list;

    *line = '{';
    va_start(list, members);
    length += vsnprintf(line + 1, 192, members, list);
    va_end(list);
    length += snprintf(line + length, sizeof line - (size_t)length, ",\"time\":%.6f}\n", status_now());
    put(line, length);
}

void status_monitor(void)
{
    snprintf(status.monitor, sizeof status.monitor,
             "{\"event\":\"monitor\",\"pid\":%d,\"start\":%llu,\"time\":%.6f}\n", (int)getpid(),
             status_start_ticks(getpid()), status_now());
    put(status.monitor, (int)strlen(status.monitor));
}

/* The same in fewer words, in a new file of the same name: a container restarted for months has a short history. */
void status_shorten(int code, unsigned long long restarts)
{
    char fresh[4096], line[256];
    struct stat found;
    int fd, length;

    if (status.fd == 0 || status.path == NULL || fstat(status.fd, &found) < 0 || found.st_size < SHORT ||
        strlen(status.path) > sizeof fresh - 8)
        return;
    snprintf(fresh, sizeof fresh, "%s.new", status.path);
    unlink(fresh);
    if ((fd = open(fresh, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
        return;
    length = snprintf(line, sizeof line,
                      "%s{\"event\":\"restarting\",\"code\":%d,\"delay\":0,\"count\":%llu,\"time\":%.6f}\n",
                      status.monitor, code, restarts, status_now());
    if (write(fd, line, (size_t)length) != length || rename(fresh, status.path) < 0) {
        close(fd);
        unlink(fresh);
        return;
    }
    close(status.fd);
    status.fd = fd;
}

void status_created(void)
{
    char line[160];

    if (status.fd)
        put(line, snprintf(line, sizeof line, "{\"event\":\"created\",\"time\":%.6f,\"launcher\":%d,\"start\":%llu}\n",
                           status_now(), (int)getpid(), status_start_ticks(getpid())));
}

void status_ready(pid_t pid)
{
    char line[160];

    if (status.fd)
        put(line, snprintf(line, sizeof line, "{\"event\":\"ready\",\"pid\":%d,\"start\":%llu}\n", (int)pid,
                           status_start_ticks(pid)));
}

void status_event(const char *event)
{
    char line[64];

    if (status.fd)
        put(line, snprintf(line, sizeof line, "{\"event\":\"%s\"}\n", event));
}

void status_exit(int code, int signal, bool oom)
{
    char line[160];

    if (status.fd)
        put(line, snprintf(line, sizeof line,
                           "{\"event\":\"exit\",\"code\":%d,\"signal\":%d,\"oom\":%s,\"time\":%.6f}\n", code, signal,
                           oom ? "true" : "false", status_now()));
}

/* Bytes above 127 become \u00XX unless they are ASCII: a path is bytes, JSON is text, and a reader must not choke. */
static int escape(char *out, const char *in)
{
    char *start = out;

    for (; *in; in++) {
        unsigned char c = (unsigned char)*in;

        if (c == '"' || c == '\\')
            *out++ = '\\', *out++ = (char)c;
        else if (c >= ' ' && c < 127)
            *out++ = (char)c;
        else
            out += sprintf(out, "\\u%04x", c);
    }
    *out = '\0';
    return (int)(out - start);
}

void status_failed(const struct failure *failure)
{
    static char line[8192] ROOMY;
    char *out = line;

    if (status.fd == 0)
        return;
    out += sprintf(out, "{\"event\":\"failed\",\"code\":%d,\"op\":\"%s\",\"object\":\"", failure->code, failure->op);
    out += escape(out, failure->object);
    out += sprintf(out, "\",\"errno\":%d,\"text\":\"", failure->error);
    out += escape(out, failure->text);
    out += sprintf(out, "\",\"time\":%.6f}\n", status_now());
    put(line, (int)(out - line));
}

void status_left(const char *path)
{
    static char line[32768] ROOMY;
    char *out = line;

    if (status.fd == 0 || strlen(path) > 4096)
        return;
    out += sprintf(out, "{\"event\":\"left\",\"path\":\"");
    out += escape(out, path);
    out += sprintf(out, "\"}\n");
    put(line, (int)(out - line));
}

/* Beside the status file, where the container's other files are; false where there is no such place. */
bool status_save_plan(const struct plan *plan, char *where, size_t size)
{
    const char *slash = status.path != NULL ? strrchr(status.path, '/') : NULL;
    int fd, length;
    bool whole;

    if (slash == NULL)
        return false;
    length = snprintf(where, size, "%.*s/plan", (int)(slash - status.path), status.path);
    if (length < 0 || (size_t)length >= size)
        return false;
    if ((fd = open(where, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        return false;
    whole = write(fd, plan->bytes, plan->size) == (ssize_t)plan->size;
    close(fd);
    return whole;
}

/* Programs beside the container: started as soon as its namespaces exist, ready before its program starts. */
#include "hull.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

enum { REPLY_MOST = 64 << 10, PATIENCE = 5 };

void helpers_prepare(struct launch *launch)
{
    static struct helper helpers[HELPERS_MAX] ROOMY;
    struct helper *helper = NULL;

    launch->helpers = helpers;
    EACH(op, launch->plan) {
        if (op->word == W_HELPER) {
            fail_at(op);
            if (launch->helper_count == HELPERS_MAX)
                fail(EXIT_TOOL, E2BIG, "start", op->arg[0], "there are more than 8 helpers");
            if (strcmp(op->arg[1], "fd") != 0 && strcmp(op->arg[1], "exit") != 0 && strcmp(op->arg[1], "none") != 0)
                fail(EXIT_TOOL, EINVAL, "understand the helper's way to be ready", op->arg[1], NULL);
            helper = &launch->helpers[launch->helper_count++];
            *helper = (struct helper){.op = op, .end = op + 1, .ready = -1, .hangup = -1, .log = -1, .mirror = -1};
        } else if (op->word == W_HELPER_ARG || op->word == W_HELPER_REQUEST) {
            if (helper == NULL)
                fail(EXIT_TOOL, EINVAL, "understand", plan_word(op->word), "no helper comes before it");
            helper->end = op + 1;
            helper->wants_fuse |= op->word == W_HELPER_ARG && strstr(op->arg[0], "@FUSE") != NULL;
        }
    }
    for (size_t i = 0; i < launch->helper_count; i++)
        if (mirror_is(&launch->helpers[i]))
            mirror_start(&launch->helpers[i]);
}

/* Start those that can be started: all but the file server at first, the file server once its descriptor is here. */
void helpers_start(struct launch *launch, int fuse)
{
    for (size_t i = 0; i < launch->helper_count; i++) {
        struct helper *helper = &launch->helpers[i];

        if (helper->mirror >= 0 && fuse >= 0)
            mirror_give(launch, helper, fuse);
        if (helper->keeper != 0 || helper->wants_fuse != (fuse >= 0))
            continue;
        fail_at(helper->op);
        keeper_start(launch, helper, fuse);
    }
    fail_at(NULL);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = PATIENCE};
    const struct timespec moment = {.tv_nsec = 1000000};
    int fd = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "open", "a socket");

    text_join(address.sun_path, sizeof address.sun_path, path, "", "");
    MUST(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), "prepare", "a socket");
    for (int tries = 0; connect(fd, (struct sockaddr *)&address, sizeof address) < 0; tries++) {
        if ((errno != ENOENT && errno != ECONNREFUSED) || tries == PATIENCE * 1000)
            fail_errno("connect to the helper's", path);
        nanosleep(&moment, NULL);
    }
    return fd;
}

static void ask(const struct op *op)
{
    static char reply[REPLY_MOST + 1] ROOMY;
    size_t used = 0, length = strlen(op->arg[1]);
    ssize_t got;
    int fd;

    fail_at(op);
    fd = connect_to(op->arg[0]);
    if (send(fd, op->arg[1], length, MSG_NOSIGNAL) != (ssize_t)length)
        fail_errno("ask the helper at", op->arg[0]);
    shutdown(fd, SHUT_WR);
    while (used < REPLY_MOST && (got = recv(fd, reply + used, REPLY_MOST - used, 0)) != 0) {
        if (got < 0 && errno != EINTR)
            fail_errno("hear from the helper at", op->arg[0]);
        used += got > 0 ? (size_t)got : 0;
    }
    reply[used] = '\0';
    close(fd);
    if (strstr(reply, "error") != NULL)
        fail(EXIT_TOOL, 0, "ask the helper for", op->arg[1], reply);
}

static void become_ready(struct helper *helper)
{
    if (helper->ready >= 0)
        close(helper->ready);
    helper->ready = -1;
    helper->is_ready = true;
    for (const struct op *op = helper->op; op < helper->end; op++)
        if (op->word == W_HELPER_REQUEST)
            ask(op);
    fail_at(NULL);
}

/* Keep the last words: they are the reason, if it fails. */
static void read_log(struct helper *helper)
{
    char text[1024];
    ssize_t got = read(helper->log, text, sizeof text);

    if (got <= 0) {
        if (got == 0 || errno != EINTR) {
            close(helper->log);
            helper->log = -1;
        }
        return;
    }
    if (helper->used + (size_t)got >= sizeof helper->text) {
        size_t keep = sizeof helper->text - 1 - (size_t)got;

        keep = helper->used < keep ? helper->used : keep;
        memmove(helper->text, helper->text + helper->used - keep, keep);
        helper->used = keep;
    }
    memcpy(helper->text + helper->used, text, (size_t)got);
    helper->used += (size_t)got;
}

void helpers_listen(struct helper *helper, short log, short ready)
{
    char byte;

    if (log && helper->log >= 0)
        read_log(helper);
    if (!ready || helper->ready < 0)
        return;
    if (read(helper->ready, &byte, 1) == 1) {
        become_ready(helper);
    } else { /* it will never be: its keeper's end, next, is the reason to tell */
        close(helper->ready);
        helper->ready = -1;
    }
}

static _Noreturn void tell_failure(struct helper *helper, int status)
{
    char *last = helper->text, signal[64] = "";

    while (helper->log >= 0)
        read_log(helper);
    while (helper->used > 0 && helper->text[helper->used - 1] == '\n')
        helper->used--;
    helper->text[helper->used] = '\0';
    for (char *c = helper->text; *c; c++)
        if (*c == '\n')
            *c = ';';
    if (helper->used > 240)
        last += helper->used - 240;
    if (WIFSIGNALED(status))
        snprintf(signal, sizeof signal, "it was killed by signal %d", WTERMSIG(status));
    fail_at(helper->op);
    fail(EXIT_TOOL, 0, helper->is_ready ? "go on without" : "start", helper->op->arg[0],
         *last     ? last
         : *signal ? signal
                   : "it ended without a word");
}

void helpers_reap(struct launch *launch)
{
    for (size_t i = 0; i < launch->helper_count; i++) {
        struct helper *helper = &launch->helpers[i];
        int status;

        if (helper->keeper <= 0 || waitpid(helper->keeper, &status, WNOHANG) != helper->keeper)
            continue;
        helper->keeper = -1;
        /* What ends the start may have ended the helper. A mirror ends well once its mount is gone, and not before. */
        if ((!helper->is_ready || (mirror_is(helper) && status != 0)) && launch->aborted_by == 0)
            tell_failure(helper, status);
    }
}

bool helpers_ready(struct launch *launch)
{
    for (size_t i = 0; i < launch->helper_count; i++) {
        struct helper *helper = &launch->helpers[i];

        if (helper->keeper != 0 && !helper->is_ready && strcmp(helper->op->arg[1], "none") == 0)
            become_ready(helper);
        if (!helper->is_ready)
            return false;
    }
    return true;
}

/* Whether it may hold ports, of the host or, the resolver, of its network: the next run asks for the same ones. */
static bool holds_ports(const struct helper *helper)
{
    for (const struct op *op = helper->op; op < helper->end; op++)
        if (op->word == W_HELPER_REQUEST)
            return true;
    return strcmp(helper->op->arg[0], "slirp4netns") != 0;
}

/* The file server ends by itself when its mount is gone, and what is not yet written is written until then; the
 * others end with their keeper, however many processes they became. Who holds no ports is not waited for: the kernel
 * takes up to 30 ms to close a tap device (FACTS P4 counts the start alone), and SIGKILL to a pid namespace is final. */
void helpers_stop(struct launch *launch)
{
    for (size_t i = 0; i < launch->helper_count; i++) {
        struct helper *helper = &launch->helpers[i];
        int fd;

        if (helper->keeper <= 0)
            continue;
        if (helper->wants_fuse && !mirror_is(helper) && !launch->failed && (fd = sys_pidfd_open(helper->keeper)) >= 0) {
            struct pollfd end = {.fd = fd, .events = POLLIN};

            poll(&end, 1, PATIENCE * 1000);
            close(fd);
        }
        kill(helper->keeper, SIGKILL);
        while ((helper->wants_fuse || holds_ports(helper)) && waitpid(helper->keeper, NULL, 0) < 0 && errno == EINTR)
            continue;
        helper->keeper = -1;
    }
}

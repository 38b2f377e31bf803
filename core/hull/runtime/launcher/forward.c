/* The forwarder's chronological list, and its one loop. */
#include "forward.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { EVENTS = 64 };

_Noreturn void forward_fail(const char *verb, const char *object)
{
    dprintf(STDERR_FILENO, "cannot %s %s: %s\n", verb, object, strerror(errno));
    _exit(EXIT_TOOL);
}

/* Nothing at all is asked by taking it out: a hang-up is told otherwise, again and again. */
void forward_watch(struct forward *forward, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    int how = events == 0 ? EPOLL_CTL_DEL : watch->armed == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

    if (events == watch->armed)
        return;
    if (epoll_ctl(forward->epoll, how, watch->fd, &event) < 0)
        forward_fail("wait for", "a socket");
    watch->armed = events;
}

void forward_close(struct forward *forward, struct watch *watch)
{
    forward_watch(forward, watch, 0);
    close(watch->fd);
    watch->fd = -1;
    if (forward->starved)
        listen_again(forward);
}

void forward_bury(struct forward *forward, struct watch *watch, void *block)
{
    watch->block = block;
    watch->dead = forward->dead;
    forward->dead = watch;
}

static void free_dead(struct forward *forward)
{
    for (struct watch *watch = forward->dead, *next; watch != NULL; watch = next) {
        next = watch->dead;
        free(watch->block);
    }
    forward->dead = NULL;
}

bool forward_place(const char *text, uint16_t port, union place *place)
{
    memset(place, 0, sizeof *place);
    if (inet_pton(AF_INET, text, &place->v4.sin_addr) == 1) {
        place->v4.sin_family = AF_INET;
        place->v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &place->v6.sin6_addr) == 1) {
        place->v6.sin6_family = AF_INET6;
        place->v6.sin6_port = htons(port);
        return true;
    }
    return false;
}

socklen_t forward_size(const union place *place)
{
    return place->any.sa_family == AF_INET6 ? sizeof place->v6 : sizeof place->v4;
}

/* The first two addresses of a list, in its order or by their family. */
static int read_places(char *list, union place places[2], bool by_family)
{
    union place found;
    int count = 0;

    for (char *word = strtok(list, ","); word != NULL && count < 2; word = strtok(NULL, ",")) {
        if (!forward_place(word, 0, &found)) {
            errno = EINVAL;
            forward_fail("forward to", word);
        }
        places[by_family ? found.any.sa_family == AF_INET6 : count] = found;
        count++;
    }
    return count;
}

static void leave(struct forward *forward, struct watch *watch, uint32_t events)
{
    (void)forward, (void)watch, (void)events;
    _exit(0);
}

static _Noreturn void serve(struct forward *forward)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int count = epoll_wait(forward->epoll, events, EVENTS, packet_patience(forward));

        if (count < 0 && errno != EINTR)
            forward_fail("wait for", "connections");
        for (int i = 0; i < count; i++) {
            struct watch *watch = events[i].data.ptr;

            if (watch->fd >= 0) /* else closed since, by another of these */
                watch->act(forward, watch, events[i].events);
        }
        packet_expire(forward);
        free_dead(forward);
    }
}

static void ask_for_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Words: NETNS EXIT READY CONTROL TARGETS STRANGERS PORTS. EXIT ends it by an event, READY gets a byte once every port
 * is open; CONTROL is the path of a socket; "-" stands for none of a kind, of
 * targets for what is found inside. */
_Noreturn void forward_run(char **words, int count)
{
    static struct forward forward = {.epoll = -1, .spare = {-1, -1}};
    int ready;

    if (count != 7) {
        errno = EINVAL;
        forward_fail("understand", "the forwarder's words");
    }
    prctl(PR_SET_NAME, "hull-forward");
    signal(SIGPIPE, SIG_IGN);
    ask_for_descriptors();
    if ((forward.epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
        forward_fail("make", "an epoll");
    forward.exit = (struct watch){.fd = atoi(words[1]), .act = leave};
    forward_watch(&forward, &forward.exit, EPOLLIN);
    ready = atoi(words[2]);
    if (strcmp(words[4], "-") != 0)
        forward.targets = read_places(words[4], forward.target, false);
    if (strcmp(words[5], "-") != 0)
        read_places(words[5], forward.stranger, true);
    listen_all(&forward, words[6]);
    if (strcmp(words[3], "-") != 0)
        listen_control(&forward, words[3]);
    forward_enter(&forward, words[0]);
    if (write(ready, "", 1) != 1)
        forward_fail("say", "ready");
    close(ready);
    dup2(STDIN_FILENO, STDERR_FILENO); /* nobody reads it any more, and who does must not wait for us */
    settle_stack();
    serve(&forward);
}

/* `hull-forward NETNS EXIT CONTROL TARGETS STRANGERS PORTS`: for a container that runs already. Ends well once every
 * port is open, and leaves a process behind that ends by EXIT. */
void forward_alone(int argc, char **argv)
{
    char text[16], byte, *words[] = {NULL, NULL, text, NULL, NULL, NULL, NULL};
    int ready[2], null;

    if (argc != 7 || strcmp(argv[0], "hull-forward") != 0)
        return;
    for (int i = 1, at = 0; i < argc; i++, at++)
        words[at == 2 ? ++at : at] = argv[i];
    if (pipe2(ready, O_CLOEXEC) < 0 || (null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
        forward_fail("make", "a pipe");
    if (fork() == 0) {
        close(ready[0]);
        setsid();
        snprintf(text, sizeof text, "%d", ready[1]);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        forward_run(words, 7);
    }
    close(ready[1]);
    _exit(read(ready[0], &byte, 1) == 1 ? 0 : EXIT_TOOL);
}

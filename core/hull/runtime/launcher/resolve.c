/* The resolver's chronological list, and its one loop. */
#include "resolve.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { PORT = 53, SERVERS = 3, ASKED = 64, STREAMS = 16, PATIENCE = 5000, TEXT = 256 << 10, FIXED = 3 };

/* One question that was passed on: its own socket, whose port no one can guess, and who waits for the answer. */
struct asked {
    int fd;
    union place client;
    unsigned char id[2];
    long long until;
};

static struct {
    int hosts, exit, packets, streams, running;
    union place servers[SERVERS];
    size_t count, current; /* servers there are; the one to ask */
    struct asked asked[ASKED];
} resolve;

static long long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void forget(struct asked *asked)
{
    close(asked->fd);
    asked->fd = -1;
}

/* The server is not there: the client asks again, and then another one is asked. */
static void give_up(struct asked *asked)
{
    resolve.current = (resolve.current + 1) % resolve.count;
    forget(asked);
}

static char *read_hosts(void)
{
    static char text[TEXT + 1] ROOMY;
    ssize_t got = pread(resolve.hosts, text, TEXT, 0);

    text[got > 0 ? got : 0] = '\0';
    return text;
}

/* The slot that is free, else that of who has waited longest. */
static struct asked *take_slot(void)
{
    struct asked *oldest = resolve.asked;

    for (size_t i = 0; i < ASKED; i++) {
        if (resolve.asked[i].fd < 0)
            return &resolve.asked[i];
        if (resolve.asked[i].until < oldest->until)
            oldest = &resolve.asked[i];
    }
    forget(oldest);
    return oldest;
}

static void pass_on(const unsigned char *message, size_t length, const union place *client)
{
    const union place *server = &resolve.servers[resolve.current];
    struct asked *asked = take_slot();

    asked->fd = socket(server->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (asked->fd < 0)
        return;
    asked->client = *client;
    memcpy(asked->id, message, sizeof asked->id);
    asked->until = now() + PATIENCE;
    if (connect(asked->fd, &server->any, forward_size(server)) < 0 || send(asked->fd, message, length, 0) < 0)
        give_up(asked);
}

static void answer_packet(void)
{
    unsigned char message[RESOLVE_MESSAGE], answer[RESOLVE_MESSAGE];
    struct question question;
    union place client;
    socklen_t size = sizeof client;
    ssize_t got = recvfrom(resolve.packets, message, sizeof message, 0, &client.any, &size);
    size_t length = 0;
    bool plain;

    if (got <= 0)
        return;
    plain = question_read(message, (size_t)got, &question);
    if (plain)
        length = question_answer(message, &question, read_hosts(), answer);
    if (length == 0 && resolve.count > 0)
        pass_on(message, (size_t)got, &client);
    else if (length == 0 && plain)
        length = question_refuse(message, &question, answer);
    if (length > 0)
        sendto(resolve.packets, answer, length, 0, &client.any, size);
}

static void pass_back(struct asked *asked)
{
    unsigned char message[RESOLVE_MESSAGE];
    ssize_t got = recv(asked->fd, message, sizeof message, 0);

    if (got < 0) {
        give_up(asked);
        return;
    }
    if ((size_t)got < sizeof asked->id || memcmp(message, asked->id, sizeof asked->id) != 0)
        return;
    sendto(resolve.packets, message, (size_t)got, 0, &asked->client.any, forward_size(&asked->client));
    forget(asked);
}

/* A long answer is asked for again over a stream: that is the server's affair. */
static void accept_stream(void)
{
    int client = accept4(resolve.streams, NULL, NULL, SOCK_CLOEXEC);

    if (client >= 0 && resolve.running < STREAMS) {
        pid_t child = fork();

        if (child == 0)
            resolve_relay(client, &resolve.servers[resolve.current]);
        resolve.running += child > 0;
    }
    close(client);
}

static _Noreturn void serve(void)
{
    struct pollfd watched[FIXED + ASKED] = {{.fd = resolve.exit, .events = POLLIN},
                                            {.fd = resolve.packets, .events = POLLIN},
                                            {.fd = resolve.streams, .events = POLLIN}};

    for (;;) {
        bool waits = resolve.running > 0;

        for (size_t i = 0; i < ASKED; i++) {
            watched[FIXED + i] = (struct pollfd){.fd = resolve.asked[i].fd, .events = POLLIN};
            waits |= resolve.asked[i].fd >= 0;
        }
        if (poll(watched, FIXED + ASKED, waits ? PATIENCE : -1) < 0) {
            if (errno != EINTR)
                forward_fail("wait for", "questions");
            continue;
        }
        if (watched[0].revents)
            _exit(0);
        for (size_t i = 0; i < ASKED; i++) {
            if (watched[FIXED + i].revents)
                pass_back(&resolve.asked[i]);
            else if (resolve.asked[i].fd >= 0 && resolve.asked[i].until < now())
                give_up(&resolve.asked[i]);
        }
        if (watched[1].revents)
            answer_packet();
        if (watched[2].revents)
            accept_stream();
        while (resolve.running > 0 && waitpid(-1, NULL, WNOHANG) > 0)
            resolve.running--;
    }
}

static int listen_at(int kind)
{
    static const int on = 1;
    union place place;
    int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);

    forward_place("127.0.0.11", PORT, &place); /* loopback need not be up yet */
    if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on) < 0 ||
        bind(fd, &place.any, forward_size(&place)) < 0 || (kind == SOCK_STREAM && listen(fd, STREAMS) < 0))
        forward_fail("answer at", "127.0.0.11, port 53");
    return fd;
}

static void read_servers(char *list)
{
    for (char *word = strtok(list, ","); word != NULL && resolve.count < SERVERS; word = strtok(NULL, ","))
        if (forward_place(word, PORT, &resolve.servers[resolve.count]))
            resolve.count++;
}

/* No file is left to open, and nothing that root may do. */
static void give_up_rights(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    if (chroot("/proc/self/fdinfo") < 0 || chdir("/") < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        syscall(SYS_capset, &header, none) < 0)
        forward_fail("give up", "its rights");
}

/* Words: NETNS EXIT READY HOSTS SERVERS; the servers are a list, "-" for none. */
_Noreturn void resolve_run(char **words, int count)
{
    int ready;

    if (count != 5) {
        errno = EINVAL;
        forward_fail("understand", "the resolver's words");
    }
    prctl(PR_SET_NAME, "hull-resolve");
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ASKED; i++)
        resolve.asked[i].fd = -1;
    read_servers(words[4]);
    if ((resolve.hosts = open(words[3], O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) < 0)
        forward_fail("open", words[3]);
    enter_network(words[0]);
    resolve.packets = listen_at(SOCK_DGRAM);
    resolve.streams = resolve.count > 0 ? listen_at(SOCK_STREAM) : -1;
    resolve.exit = atoi(words[1]);
    ready = atoi(words[2]);
    give_up_rights();
    if (write(ready, "", 1) != 1)
        forward_fail("say", "ready");
    close(ready);
    dup2(STDIN_FILENO, STDERR_FILENO); /* nobody reads it any more, and who does must not wait for us */
    settle_stack();
    serve();
}

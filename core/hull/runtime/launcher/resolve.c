/* The resolver's chronological list, and its one loop. */
#include "resolve.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* SHARE: questions that are heard in a span of time, a stream being worth WEIGHT of them; whole milliseconds. */
enum { STREAMS = 16, MOMENT = 250, FIXED = 3, SPAN = 100, SHARE = 500, WEIGHT = 20, NANO = 1000000 };

static struct {
    int hosts, exit, packets, streams, running, heard;
    int64_t until; /* when the span is over */
} resolve;

/* Milliseconds until more questions are heard, 0 where some are heard now. */
static int span_left(void)
{
    int64_t now = channel_clock();

    if (now >= resolve.until) {
        resolve.until = now + (int64_t)SPAN * NANO;
        resolve.heard = 0;
    }
    return resolve.heard < SHARE ? 0 : (int)((resolve.until - now) / NANO) + 1;
}

size_t resolve_answer(const unsigned char *message, size_t length, unsigned char *answer)
{
    struct question question;
    const struct named *named;
    size_t found, count;

    if (!question_read(message, length, &question))
        return 0;
    named = names_current(resolve.hosts, &count);
    found = question_answer(message, &question, named, count, answer);
    return found == 0 && ask_server() == NULL ? question_refuse(message, &question, answer) : found;
}

static void answer_packet(void)
{
    unsigned char message[RESOLVE_MESSAGE], answer[RESOLVE_MESSAGE];
    union place client;
    socklen_t size = sizeof client;
    ssize_t got = recvfrom(resolve.packets, message, sizeof message, 0, &client.any, &size);
    size_t length;

    if (got <= 0)
        return;
    resolve.heard++;
    if ((length = resolve_answer(message, (size_t)got, answer)) > 0)
        sendto(resolve.packets, answer, length, 0, &client.any, size);
    else if (ask_server() != NULL)
        ask_pass_on(message, (size_t)got, &client);
}

/* A long answer is asked for again over a stream: each has a process, whose server may take its time. */
static void accept_stream(void)
{
    int client = accept4(resolve.streams, NULL, NULL, SOCK_CLOEXEC);

    resolve.heard += WEIGHT;
    if (client >= 0 && resolve.running < STREAMS) {
        pid_t child = fork();

        if (child == 0)
            resolve_relay(client, ask_server());
        resolve.running += child > 0;
    }
    close(client);
}

static _Noreturn void serve(void)
{
    struct pollfd watched[FIXED + RESOLVE_ASKED] = {{.fd = resolve.exit, .events = POLLIN},
                                                    {.events = POLLIN},
                                                    {.events = POLLIN}};

    for (;;) {
        int patience = ask_watch(watched + FIXED), left = span_left();

        watched[1].fd = left > 0 ? -1 : resolve.packets;
        watched[2].fd = left > 0 ? -1 : resolve.streams;
        patience = resolve.running > 0 ? MOMENT : patience;
        if (poll(watched, FIXED + RESOLVE_ASKED, left > 0 ? left : patience) < 0) {
            if (errno != EINTR)
                forward_fail("wait for", "questions");
            continue;
        }
        if (watched[0].revents)
            _exit(0);
        ask_act(watched + FIXED, resolve.packets);
        while (resolve.running > 0 && waitpid(-1, NULL, WNOHANG) > 0)
            resolve.running--;
        if (watched[1].revents)
            answer_packet();
        if (watched[2].revents)
            accept_stream();
    }
}

/* Should: be where loopback is up. To bind before makes answers come from another address. */
static int listen_at(int kind)
{
    static const int on = 1;
    union place place;
    int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);

    forward_place("127.0.0.11", RESOLVE_PORT, &place);
    if (fd < 0 || (kind == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) ||
        bind(fd, &place.any, forward_size(&place)) < 0 || (kind == SOCK_STREAM && listen(fd, STREAMS) < 0))
        forward_fail("answer at", "127.0.0.11, port 53");
    return fd;
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
    ask_prepare(words[4]);
    if ((resolve.hosts = open(words[3], O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) < 0)
        forward_fail("open", words[3]);
    enter_network(words[0]);
    resolve.packets = listen_at(SOCK_DGRAM);
    resolve.streams = listen_at(SOCK_STREAM);
    resolve.exit = atoi(words[1]);
    ready = atoi(words[2]);
    give_up_rights();
    if (write(ready, "", 1) != 1)
        forward_fail("say", "ready");
    close(ready);
    dup2(STDIN_FILENO, STDERR_FILENO); /* nobody reads it any more, and who does must not wait for us */
    settle_stack();
    resolve_confine();
    serve();
}

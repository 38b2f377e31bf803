/* The monitor's vocabulary: what stays beside a detached container, over all its runs. */
#ifndef HULL_MONITOR_H
#define HULL_MONITOR_H

#include "hull.h"

#include <poll.h>
#include <sys/un.h>

enum {
    CLIENTS_MAX = 64,
    PACKET_MAX = 32 << 10,       /* of a stream's bytes, without the letter before them */
    REQUEST_MAX = 512,
    STREAM_ROOM = 64 << 10,
    PIECE_MAX = 16 << 10,        /* Docker's: a line that is longer is logged in pieces */
    PATIENCE_MS = 10000,         /* for a client that does not read; for a container that was killed */
    POLLS_MAX = CLIENTS_MAX + 8,
};

struct stream {
    int fd; /* -1: none, or ended */
    char kind;
    const char *name;
    size_t used; /* what is not logged yet: less than a piece, without a newline */
    char *bytes; /* STREAM_ROOM of them */
};

enum role {
    ROLE_NONE,
    ROLE_NEW,      /* has asked nothing yet */
    ROLE_STARTER,  /* wants to know whether the program was executed */
    ROLE_ATTACHED,
    ROLE_LEFT,     /* was attached to a run that is over, and has yet to go */
    ROLE_STOPPER,  /* wants to know the end */
    ROLE_PROBER,   /* wants a probe that has yet to begin */
    ROLE_PROBED,   /* wants to know the running probe's result */
};
struct client {
    enum role role;
    bool input;   /* it may write to the program */
    bool hung;    /* it has closed its end; what it sent is still to be read */
    bool once;    /* it stays for one run */
    bool slows;   /* the program waits while it does not read, and it is never let go */
    bool blind;   /* it is shown nothing but the end */
    char without; /* the kind of stream that it is not shown, '\0': none */
    int fd, spill;
    off_t spilled, sent;
    int64_t since; /* when it last took something */
};

enum policy { POLICY_NO, POLICY_ON_FAILURE, POLICY_ALWAYS, POLICY_UNLESS_STOPPED };
enum phase { PHASE_WAITING, PHASE_RUNNING, PHASE_OVER };

struct health {
    bool asked, paused, wanted;
    int64_t interval, timeout, period, period_interval; /* ns */
    unsigned long long retries, failing;
    int64_t began, due, deadline;
    double started;
    const char *status;
    pid_t probe; /* its launcher, 0: none runs */
    pid_t init;  /* inside: the reaper of whatever it started */
    int leash;
    bool late;
    struct stream output;
};

struct monitor {
    struct launch *launch;
    const struct plan *plan;
    enum phase phase;
    int signals, listener, leash, hold;
    struct stream streams[2];

    pid_t runner;
    int init; /* pidfd, -1: none */
    pid_t init_pid;
    int64_t executed; /* 0: not yet */
    bool spoke; /* the program wrote to its standard output: it was executed, whatever its launcher has said so far */
    bool ended, oom, failed;
    int code, killed_by;
    unsigned long long oom_before;

    int pty, stdin_pipe;
    unsigned short rows, columns;
    size_t input_at, input_end;
    bool input_closes, input_began_line;
    char *input; /* PACKET_MAX bytes at most */

    enum policy policy;
    unsigned long long most, restarts;
    int64_t delay, due; /* the next start; 0: none */
    int stop_signal;
    int64_t stop_ms;
    bool stopping, keeps; /* keeps: what the plan removes at the end stays, for another start */
    int64_t kill_at, settle_at;

    struct health health;
    struct client clients[CLIENTS_MAX];
};

/* monitor.c, detach.c */
int detach_hold(const struct plan *plan);
void detach_from_caller(const struct plan *plan, int starter, int hold);
void monitor_stop(struct monitor *m, int signal, int64_t ms);
void monitor_signal(struct monitor *m, int signal);

/* run.c: one run of the container, from its fork to its last byte. */
bool run_start(struct monitor *m); /* true: this is the run's launcher */
void run_take(struct monitor *m);
void run_over(struct monitor *m, int status);
void run_read(struct monitor *m, struct stream *stream);

/* restart.c */
void restart_parse(struct monitor *m);
bool restart_policy(struct monitor *m, const char *word, const char *most);
void restart_decide(struct monitor *m);
const char *restart_word(const struct monitor *m);

/* record.c, encode.c: the log. */
void record_open(const struct plan *plan);
void record_take(struct stream *stream, bool end);
void record_flush(void);
void record_settle(void);
unsigned long long record_lost(void);
size_t encode_text(char *out, const char *bytes, size_t length, bool *exact);
size_t encode_base64(char *out, const char *bytes, size_t length);
size_t encode_cut(const char *bytes, size_t length);

/* clients.c: who is attached. */
struct client *clients_add(struct monitor *m, int fd, enum role role);
void clients_drop(struct client *client);
void clients_ask(struct client *client, const char *options);
void clients_tell(struct client *client, char kind, const char *bytes, size_t length);
void clients_end(struct client *client, int code);
void clients_begin(struct monitor *m);
void clients_run_over(struct monitor *m);
bool clients_slow(const struct monitor *m); /* somebody has yet to read what the program is not to overtake */
void clients_broadcast(struct monitor *m, char kind, const char *bytes, size_t length);
void clients_flush(struct client *client);
int64_t clients_expire(struct monitor *m, int64_t now);
void clients_farewell(struct monitor *m);

/* control.c: what they ask. */
int control_address(const char *path, struct sockaddr_un *address);
void control_listen(struct monitor *m, const char *path);
void control_accept(struct monitor *m);
void control_read(struct monitor *m, struct client *client);
void control_hung(struct monitor *m, struct client *client);
void control_close(struct monitor *m);

/* input.c: what they type. */
void input_packet(struct monitor *m, const struct client *client, const char *packet, size_t length);
void input_write(struct monitor *m);
void input_size(struct monitor *m);
bool input_resize(struct monitor *m, const char *text); /* ROWS COLUMNS; false: it is no size */
bool input_waits(const struct monitor *m);
int input_target(const struct monitor *m);

/* health.c, probe.c */
void health_parse(struct monitor *m);
void health_begin(struct monitor *m);
void health_end(struct monitor *m);
void health_result(struct monitor *m, int code, const char *output, size_t length, double end);
int64_t health_next(const struct monitor *m);
bool probe_start(struct monitor *m); /* true: this is the probe's launcher */
void probe_take(struct monitor *m);
void probe_read(struct monitor *m);
void probe_kill(struct monitor *m);
void probe_over(struct monitor *m, int status);

/* client.c: the other side. */
int client_connect(const char *path);
void client_size(int fd);
_Noreturn void client_run(int fd, const struct plan *plan);

#endif

/* The launcher's whole vocabulary: one plan in, one container out.
 *
 * Functions carry their file's prefix. Whatever cannot be done ends in fail(): nothing returns an error that the
 * caller may forget, except where the name says `try`.
 */
#ifndef HULL_H
#define HULL_H

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

enum { EXIT_TOOL = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

/* plan.c: words in. The enum follows the table there. */
enum word {
    W_ID, W_STATUS, W_EVENTS, W_VOLUME, W_MONITOR, W_INPUT, W_ATTACH, W_CLIENT, W_LOG, W_RESTART, W_STOP, W_HEALTH, W_HEALTH_ARG, W_CGROUP,
    W_USERNS_JOIN, W_USERNS_NEW, W_UID_MAP, W_GID_MAP, W_MAP_HELPERS, W_SETGROUPS_DENY, W_HOLD, W_HAND_OUT, W_NAMESPACE,
    W_NAMESPACE_JOIN, W_KEEP, W_JOIN, W_SHARE, W_NFTABLES, W_UNREACHABLE, W_HELPER, W_HELPER_ARG, W_HELPER_REQUEST, W_ROOT_OVERLAY, W_LOWER,
    W_LOWER_FUSE, W_ROOT_BIND, W_ROOT_FUSE, W_ROOT_READONLY, W_MOUNT, W_FILL, W_FILL_BELOW, W_BIND, W_BIND_BELOW, W_OVERLAY, W_DEVICE, W_SYMLINK, W_MKDIR, W_MASK, W_READONLY,
    W_HOSTNAME, W_DOMAINNAME, W_SYSCTL, W_LOOPBACK, W_SIGNALS_INSIDE, W_INIT, W_RLIMIT, W_OOM_SCORE, W_USER, W_GROUP, W_OWN, W_UMASK,
    W_CAPABILITIES, W_NO_NEW_PRIVILEGES, W_SECCOMP, W_WORKDIR, W_ENV, W_HOME, W_TERMINAL, W_STREAM, W_STREAMS_CLOSED, W_ARG, W_GLOB, W_STAND_IN, W_REMOVE,
    W_REMOVE_VOLUME, W_REMOVE_UNTOUCHED, W_THEN, W_COUNT
};
enum stage {
    STAGE_PREPARE, STAGE_MONITOR, STAGE_IDENTITY, STAGE_NAMESPACES, STAGE_HELPERS, STAGE_MOUNTS, STAGE_SETTINGS,
    STAGE_PROGRAM, STAGE_FINISH
};
enum { PLAN_MAX = 4 << 20, PLAN_ARGUMENTS = 5 };

struct op {
    enum word word;
    char *arg[PLAN_ARGUMENTS];
};
struct plan {
    char *bytes;
    size_t size;
    struct op *ops;
    size_t count;
};

#define EACH(each, plan) for (const struct op *each = (plan)->ops; each < (plan)->ops + (plan)->count; each++)
#define EACH_OF(each, plan, w) EACH(each, plan) if (each->word == (w))

const char *plan_parse(struct plan *plan, char *bytes, size_t size); /* NULL, or what is wrong */
void plan_load(struct plan *plan, int argc, char **argv);
const char *plan_word(enum word word);
const struct op *plan_find(const struct plan *plan, enum word word);
bool plan_is_pty(const struct plan *plan); /* a detached program's terminal is always one of its own */
size_t plan_number(const struct plan *plan, enum word word);

struct launch;

/* fail.c: the error vocabulary. A child fails through its channel, the launcher on stderr and in the status file. */
struct failure {
    int code, error;
    char op[24], object[512], text[512];
};
void fail_through(int channel);
void fail_at(const struct op *op);
void fail_saving(const struct plan *plan);
void fail_speak(int voice);                  /* where the one line goes: 0 stderr, -1 nowhere, else a client */
int fail_voice(void);
void fail_finishing(struct launch *launch); /* the launcher only: what to end before it exits */
_Noreturn void fail(int code, int error, const char *verb, const char *object, const char *reason);
_Noreturn void fail_errno(const char *verb, const char *object);
_Noreturn void fail_told(int code);          /* the reason was told already: finish and exit */
void fail_aside(bool aside);                 /* an intermediate shares our memory: it tells, we finish */
void fail_tell(const struct failure *failure); /* the launcher only: the one line, the record, the plan to repeat */
void fail_warn(const char *text);

/* A buffer that few processes use: apart from what all do, so that the pages of that are few. */
#define ROOMY __attribute__((section(".sbss.roomy")))

#define MUST(call, verb, object)                                                                                       \
    (__extension__({                                                                                                   \
        __typeof__(call) must_ = (call);                                                                               \
        if (must_ == (__typeof__(call))-1)                                                                             \
            fail_errno(verb, object);                                                                                  \
        must_;                                                                                                         \
    }))

/* text.c: small parsers, each total. */
bool text_number(const char *text, unsigned long long most, unsigned long long *value);
unsigned long long text_must_number(const char *text, unsigned long long most, const char *what);
bool text_has(const char *list, const char *word);
ssize_t text_bytes(const char *hex, void *bytes, size_t most); /* -1: it is no lower-case hex of that many */
const char *text_decimal(unsigned number); /* until the next call */
char *text_join(char *buffer, size_t size, const char *a, const char *b, const char *c);

/* syscalls.c: what libc has no portable wrapper for. */
struct clone_request {
    uint64_t flags;
    int cgroup; /* -1: none */
    int *pidfd;
    int signal;
};
pid_t sys_clone(const struct clone_request *request);
int sys_openat2(int dir, const char *path, int flags, mode_t mode, uint64_t resolve);
int sys_open_tree(int dir, const char *path, unsigned flags);
int sys_move_mount(int from, int to);
int sys_fsopen(const char *type);
int sys_fsconfig(int fs, unsigned command, const char *key, const void *value, int aux);
int sys_fsmount(int fs, unsigned attributes);
int sys_mount_setattr(int fd, bool recursive, uint64_t set, uint64_t propagation);
int sys_mount_idmap(int fd, bool recursive, int userns);
int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_umount(const char *path);
int sys_close_range(unsigned first, unsigned last);
ssize_t sys_send_with(int socket, const void *data, size_t size, int passed); /* and a descriptor; -1 is none */
int sys_close_others(const int *kept, size_t count); /* all above 2 but these, in any order; -1 is none */
int sys_pidfd_open(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int signal);
int sys_sethostname(const char *name);
int sys_setdomainname(const char *name);

/* channel.c: what launcher, init and program tell each other. */
enum note {
    NOTE_MAPPED = 1, /* launcher: the maps are written */
    NOTE_GO,         /* launcher: helpers are ready; value: take the terminal's foreground */
    NOTE_SIGNAL,     /* launcher: forward signal `value` */
    NOTE_ALONE,      /* launcher: the answer: what was asked about and was not relayed before this, you got alone */
    NOTE_RESUME,     /* launcher: continue the program; value: give it the foreground */
    NOTE_FAILED,     /* child: the failure follows */
    NOTE_WARNING,    /* child: a warning for stderr follows */
    NOTE_READY,      /* child: the container stands */
    NOTE_FUSE,       /* child: /dev/fuse rides along */
    NOTE_PTY,        /* child: the pty's master rides along */
    NOTE_STOPPED,    /* init: the program stopped by signal `value` */
    NOTE_CONTINUED,  /* init */
    NOTE_KILLED,     /* init: the program died of signal `value` */
    NOTE_INSIDE,      /* launcher: to its monitor; the container's user namespace rides along */
    NOTE_EXECUTED,    /* launcher: to its monitor; the program runs */
    NOTE_ENDED,       /* launcher: to its monitor; value: the code, and what killed it above that */
    NOTE_ASK,        /* init: a process sent us signal `value`; relay it first if you got one too */
};
struct message {
    int note, value;
    int64_t when; /* CLOCK_MONOTONIC, ns */
    struct failure failure;
};
void channel_make(int pair[2]);
void channel_send(int channel, enum note note, int value, int passed);
void channel_send_at(int channel, enum note note, int value, int passed, int64_t when);
bool channel_try_receive(int channel, struct message *message, int *passed); /* false: the other side is gone */
int channel_await(int channel, enum note note); /* child: the note's value; ends with the launcher */
int64_t channel_clock(void);

/* status.c: JSON lines out. */
void status_open(const struct plan *plan);
int status_descriptor(void);
void status_close(void);
const char *status_path(void); /* NULL: it has none */
double status_now(void);
__attribute__((format(printf, 1, 2))) void status_tell(const char *members, ...);
void status_monitor(void);
void status_shorten(int code, unsigned long long restarts); /* a monitor's, before it grows without end */
void status_created(void);
void status_ready(pid_t pid);
void status_event(const char *event);
void status_exit(int code, int signal, bool oom);
void status_failed(const struct failure *failure);
void status_left(const char *path);
bool status_save_plan(const struct plan *plan, char *where, size_t size);
unsigned long long status_start_ticks(pid_t pid); /* 0: no such process */
bool status_is_dead(pid_t pid);                   /* there is none, or it has yet to be reaped */

/* events.c: Docker's events, for `hull events`. */
void events_open(const struct plan *plan);
void events_close(void);
void events_started(void);
void events_began(int64_t started); /* another process told it */
void events_died(int code, bool oom);
void events_add(const char *action, const char *attributes);

/* One container on its way; the launcher's own memory, never shared with the program. */
enum terminal { TERMINAL_INHERIT, TERMINAL_OWN_GROUP, TERMINAL_PTY };
enum { NAMESPACES_MAX = 8, KEPT_MAX = 64, HELPERS_MAX = 8, HELPER_WORDS = 64, HELPER_LOG = 2048 };

struct helper {
    const struct op *op, *end; /* its row and the one behind its last */
    pid_t keeper;
    int ready, hangup, log; /* our ends; -1: closed */
    int mirror;             /* where a mirror waits for /dev/fuse; -1: nowhere */
    bool is_ready, wants_fuse;
    size_t used;
    char text[HELPER_LOG];
};
struct launch {
    const struct plan *plan;
    int userns, joins[NAMESPACES_MAX], cgroup; /* descriptors, -1: none */
    int kept[KEPT_MAX];                        /* inherited ones that stay open, as many as `kept_count` */
    size_t kept_count;
    int inside;                                /* the container's own user namespace, -1: none */
    int network; /* its network namespace where nobody may look it up, -1 */
    /* Where processes of another container are beside its own: its mount namespace's number, its /proc, and a pipe that
     * closes once init can be looked at; 0 elsewhere. */
    unsigned space;
    int proc, shown, unshown;
    pid_t child;
    int channel, progress; /* progress: a byte before exec, the end of file when it succeeded */
    bool has_init, direct; /* direct: the child becomes the program itself */
    bool maps_own;         /* the child may write its maps itself */
    bool by_root;          /* the caller is root, here at least */
    bool stands, going, executing, executed, failed;
    int code, killed_by, aborted_by; /* how it ended */
    int signals;
    struct helper *helpers;
    size_t helper_count;
    enum terminal terminal;
    int pty; /* launcher: the master; child: the slave */
    bool foreground_given, terminal_interrupt;
    int64_t continued; /* when we last were */
    int leash;         /* to the monitor; 0: there is none */
    int announce;      /* a line once the program was executed; 0: none */
    pid_t monitor;
};

/* clone.c, outer.c, maps.c: the launcher makes the child. */
void clone_prepare(struct launch *launch);
void clone_child(struct launch *launch, int child_end, int progress_end);
void clone_aside(int (*errand)(void *), void *data, int shared); /* in a process that shares our memory; and wait */
uint64_t clone_flags(const struct plan *plan);
bool clone_joins(const struct plan *plan, const char *kind);
void clone_enter(const struct op *op, const char *kinds); /* those of a process that is proven to be the one meant */
bool clone_outer_network(const struct plan *plan);
int outer_sysfs(void); /* child: a detached sysfs made by the intermediate, or 0 */
void outer_network(const struct plan *plan);
void outer_forget(void);
void outer_join_as_root(const struct launch *launch);
void maps_give(struct launch *launch); /* whoever cloned the child: it waits */
bool maps_asked(const struct plan *plan);
bool maps_due(const struct plan *plan); /* somebody of ours writes them: the namespace is not another's */
bool maps_by_child(const struct plan *plan); /* launcher: asked before the clone, of the parent namespace's ids */
void maps_write_own(const struct plan *plan);
void maps_write_directly(const struct plan *plan, const char *process); /* without a helper */
bool maps_hold(const struct plan *plan, enum word word, unsigned long long inside);

/* nftables.c: what the container may reach, in force before it is made. */
void nftables_check(const struct plan *plan); /* launcher: that the container could not undo it */
void nftables_apply(const struct plan *plan);

/* netlink.c */
void netlink_unreachable(const struct plan *plan);

/* child.c: the child's chronological list. */
_Noreturn void child_run(struct launch *launch, int channel, int progress);
_Noreturn void child_join(struct launch *launch, int channel, int progress);

/* hand_out.c */
_Noreturn void hand_out_run(void);

/* place.c: paths inside the new root. Nothing here ever resolves through the host's view. */
int place_open(int root, const char *target, int flags);           /* MUST exist */
int place_try_open(int root, const char *target, int flags);       /* -1 and errno */
int place_make(int root, const char *target, bool directory);      /* existing or made, O_PATH */
int place_below(int base, const char *path);                       /* MUST exist, O_PATH; no link may lead out */
int place_try_below(int base, const char *path, int flags);        /* -1 and errno, EXDEV of a link that leads out */
int place_parent(int root, const char *target, const char **name); /* made if missing */

/* root.c, overlay.c, mounts.c, attach.c: the mounts stage. */
int root_make(const struct plan *plan, int channel);
void root_enter(const struct plan *plan, int root);
int overlay_make(const struct plan *plan, const struct op *op); /* the `lower…` rows that follow are its own */
void mounts_open_sources(const struct plan *plan); /* launcher: what only its own rights reach */
int mounts_source(const struct plan *plan, const struct op *op, const char *path, const char *flags); /* -1: errno */
void mounts_apply(const struct plan *plan, int root);
void mounts_console(const struct plan *plan, int root, int terminal);
uint64_t attach_attributes(const char *flags);
uint64_t attach_propagation(const char *flags);
int attach_new(const char *type, const char *flags, const char *options); /* detached, or -1 and errno */
int attach_clone(int from, const char *path, const char *flags);          /* detached, or -1 and errno */
void attach_to(int mount, int target, const char *name);
void fill_apply(const char *volume, const char *below, const char *target, int root);
void fill_tree(int from, int to);
void idmap_by_root(const struct plan *plan, int mount, const char *flags, const char *source); /* launcher */
void idmap_by_child(int mount, const char *flags, const char *source);
void stack_below(const struct op *op, int root);
void stack_ahead(const struct plan *plan, const struct op *whole); /* parts, before their root */
void stack_overlay(const struct plan *plan, const struct op *op, int root);
int mounts_target(int root, const char *target, bool directory);
bool mounts_is_directory(int fd, const char *name);

void mask_apply(int root, const char *target);
void mask_readonly(int root, const char *target);

void streams_close(const struct plan *plan); /* child, before it enters the root */
void scope_signals(const struct plan *plan); /* pid 1, before the program */

/* settings.c, identity.c, confine.c, words.c, stand_in.c, program.c, init.c */
void settings_apply(const struct plan *plan);
void settings_raise_loopback(void);
void settings_sysctls(const struct plan *plan, int root);
void settings_outer_sysctls(const struct plan *plan);
void settings_oom_score(const char *score);
struct identity {
    uid_t uid;
    gid_t gid;
    gid_t groups[64];
    int group_count;
    char home[256];
};
void identity_find(const struct plan *plan, struct identity *who);
void own_apply(const struct plan *plan, const struct identity *who); /* after the root was entered */
void confine_bounding(const struct plan *plan);
void confine_become(const struct plan *plan, const struct identity *who);
void confine_filter(const struct plan *plan);
char **words_find(const struct plan *plan); /* as the program's user, in its directory */
int stand_in_announce(const struct launch *launch); /* where the launcher says that it stands; 0: nowhere */
void stand_in_streams(const struct plan *plan);
void stand_in_run(const struct plan *plan, char **arguments, char **environment); /* comes back if nothing was asked */
_Noreturn void program_run(struct launch *launch, int progress);
void program_forget_caller(void);
const char *program_caller(void); /* where its strings begin: the stack ends there */
void program_remember_caller(int argc, char **argv, char **environment);
_Noreturn void init_run(struct launch *launch, int channel, pid_t program);

/* supervise.c, terminal.c, pty.c, helpers.c, keeper.c, cgroup.c, finish.c: the launcher waits and tidies. */
int supervise_run(struct launch *launch);
bool supervise_holds(const struct launch *launch); /* the child waits for a word before there is a program */
void terminal_prepare(struct launch *launch);                  /* launcher */
bool terminal_is_ours(const struct launch *launch);            /* launcher: its group is the foreground's, soon */
void terminal_stopped(struct launch *launch, int signal, int64_t when);
void terminal_take_back(struct launch *launch, bool reset);
void terminal_adopt(struct launch *launch, int foreground);    /* program, before exec */
void terminal_hand_over(int terminal, pid_t group);            /* init or launcher */
int pty_make(int root);                                        /* child: the master */
int pty_slave(int master);
void pty_start(struct launch *launch, int master);
int pty_poll(const struct launch *launch, void *events);       /* fills PTY_EVENTS pollfds */
void pty_relay(struct launch *launch, const void *events);
void pty_resize(const struct launch *launch);
void pty_finish(struct launch *launch);
enum { PTY_EVENTS = 4 };
void helpers_prepare(struct launch *launch);
void helpers_start(struct launch *launch, int fuse);
void helpers_listen(struct helper *helper, short log, short ready);
void helpers_reap(struct launch *launch);
bool helpers_ready(struct launch *launch);
void helpers_stop(struct launch *launch);
void keeper_start(struct launch *launch, struct helper *helper, int fuse);

/* mirror_start.c: a helper of that name is not executed but is the launcher itself. */
#define MIRROR_WORD "hull-mirror"
void mirror_start(struct helper *helper); /* before the launcher enters any namespace */
void mirror_give(const struct launch *launch, struct helper *helper, int fuse);
bool mirror_is(const struct helper *helper);

unsigned long long cgroup_killed(const struct plan *plan);
int cgroup_open(const struct plan *plan);
void cgroup_enter(const struct plan *plan, int group);
bool cgroup_finish(const struct plan *plan);
void finish_failed(struct launch *launch);
_Noreturn void finish_by_interrupt(void);
bool untouched_is(const struct plan *plan); /* untouched.c */
void finish_remove(const struct launch *launch);
void finish_then(const struct launch *launch, int code); /* comes back where the plan says nothing of it */

/* forward.c: published ports; a helper of that name is not executed but is the launcher itself. */
#define FORWARD_WORD "@FORWARD"
_Noreturn void forward_run(char **words, int count);
void forward_alone(int argc, char **argv); /* comes back where nobody asked for it */

/* resolve.c: names, likewise. */
#define RESOLVE_WORD "@RESOLVE"
_Noreturn void resolve_run(char **words, int count);

/* leash.c, monitor.c: a detached container's launcher has a monitor; monitor_enter comes back in such a launcher. */
bool monitor_asked(const struct plan *plan);
void monitor_enter(struct launch *launch);
void leash_tie(const struct launch *launch);
void leash_ready(const struct launch *launch);
void leash_pty(const struct launch *launch, int master);
void leash_executed(const struct launch *launch);
void leash_ended(const struct launch *launch, int code);
/* settle.c: a process that is to wait for long gives back what it no longer needs. */
void settle_room(void *bytes, size_t size);
void settle_stack(void);
void settle_for_good(const void *frame, const void *top);
void seal_self(const struct plan *plan, char **argv, char **environment);

#endif

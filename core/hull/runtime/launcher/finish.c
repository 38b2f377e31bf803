/* The last things: what the plan says to remove, removed without following anything. */
#include "hull.h"
#include "share.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h> /* renameat */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { DEPTH_MOST = 100 };

/* The launcher failed, and the container with it. */
void finish_failed(struct launch *launch)
{
    launch->failed = true;
    if (launch->child > 0) {
        kill(launch->child, SIGKILL);
        while (waitpid(launch->child, NULL, __WALL) < 0 && errno == EINTR)
            continue;
        launch->child = 0;
    }
    sweep_finish(launch);
    helpers_stop(launch);
    pty_finish(launch);
    terminal_take_back(launch, true);
    if (launch->leash == 0)
        cgroup_finish(launch->plan);
}

/* The shell's loop ends too, as with any program that Ctrl-C ended: it asks for death by the signal, not for 130. */
_Noreturn void finish_by_interrupt(void)
{
    sigset_t set;

    sigemptyset(&set);
    kill(getpid(), SIGINT);
    sigprocmask(SIG_SETMASK, &set, NULL);
    _exit(128 + SIGINT);
}

struct removal {
    int top, renamed; /* what lies too deep is moved up, under a new name, and met again in the next round */
    dev_t device;
};

static void remove_at(struct removal *removal, int parent, const char *name, int depth);

static void move_up(struct removal *removal, int parent, const char *name)
{
    char aside[64];

    text_join(aside, sizeof aside, ".hull-deep-", text_decimal((unsigned)removal->renamed), "");
    if (renameat(parent, name, removal->top, aside) == 0)
        removal->renamed++;
}

static void empty_out(struct removal *removal, int fd, int depth)
{
    DIR *directory = fdopendir(fd);
    struct dirent *entry;

    if (directory == NULL) {
        close(fd);
        return;
    }
    if (depth == 0)
        removal->top = fd;
    while ((entry = readdir(directory)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_at(removal, fd, entry->d_name, depth + 1);
    closedir(directory);
}

/* Overlay's work/work has mode 000: it goes as it is when empty, and is opened to its owner when not. */
static int open_directory(int parent, const char *name, mode_t mode)
{
    int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), opened;
    char self[64];

    if (fd < 0)
        return -1;
    text_join(self, sizeof self, "/proc/self/fd/", text_decimal((unsigned)fd), "");
    if ((mode & 0700) != 0700 && chmod(self, 0700) < 0 && errno != EPERM) {
        close(fd);
        return -1;
    }
    opened = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(fd);
    return opened;
}

static void remove_at(struct removal *removal, int parent, const char *name, int depth)
{
    struct stat found;
    int fd;

    if (unlinkat(parent, name, 0) == 0 || fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISDIR(found.st_mode) || unlinkat(parent, name, AT_REMOVEDIR) == 0)
        return;
    if (depth == 0)
        removal->device = found.st_dev;
    if (found.st_dev != removal->device)
        return;
    if (depth > DEPTH_MOST) {
        move_up(removal, parent, name);
        return;
    }
    if ((fd = open_directory(parent, name, found.st_mode)) < 0)
        return;
    empty_out(removal, fd, depth);
    unlinkat(parent, name, AT_REMOVEDIR);
}

static bool is_gone(int parent, const char *name)
{
    return faccessat(parent, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static void remove_rounds(int parent, const char *name)
{
    struct removal removal = {0};
    int before;

    do {
        before = removal.renamed;
        remove_at(&removal, parent, name, 0);
    } while (removal.renamed > before && !is_gone(parent, name));
}

/* What the container's other ids own only its own namespace's root can remove. */
static void remove_inside(const struct launch *launch, int parent, const char *name)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (setns(launch->inside, CLONE_NEWUSER) == 0)
            remove_rounds(parent, name);
        _exit(0);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static void remove_path(const struct launch *launch, const char *path)
{
    char directory[4096];
    const char *slash = strrchr(path, '/');
    int parent;

    if (*path != '/' || slash[1] == '\0' || strlen(path) >= sizeof directory) {
        status_left(path);
        return;
    }
    memcpy(directory, path, (size_t)(slash - path) + 1);
    directory[slash - path + (slash == path)] = '\0';
    if ((parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        if (errno != ENOENT)
            status_left(path);
        return;
    }
    remove_rounds(parent, slash + 1);
    if (!is_gone(parent, slash + 1) && launch->inside >= 0) {
        remove_inside(launch, parent, slash + 1);
        remove_rounds(parent, slash + 1);
    }
    if (!is_gone(parent, slash + 1))
        status_left(path);
    close(parent);
}

/* Whoever takes another container's volume says so beside its content. */
static bool is_taken(const char *volume)
{
    char path[4096];

    return strlen(volume) < sizeof path - sizeof "/shared" &&
           access(text_join(path, sizeof path, volume, "/shared", ""), F_OK) == 0;
}

/* Where the status file is: the container's own place, with which it is gone. */
static bool is_container(const char *path)
{
    const char *status = status_path();
    size_t length = strlen(path);

    return status != NULL && strncmp(status, path, length) == 0 && status[length] == '/';
}

void finish_remove(const struct launch *launch)
{
    EACH(op, launch->plan)
        if (op->word == W_REMOVE || (op->word == W_REMOVE_VOLUME && !is_taken(op->arg[0])) ||
            (op->word == W_REMOVE_UNTOUCHED && untouched_is(launch->plan))) {
            remove_path(launch, op->arg[0]);
            if (op->word == W_REMOVE && is_container(op->arg[0]) && access(op->arg[0], F_OK) < 0)
                events_add("destroy", "");
        }
}

/* Execute what the plan names, which ends as the container did: HULL_EXIT is the code, HULL_EXIT_SIGNAL the signal that
 * the terminal sent, 0 for none. A container that never ran has nothing to tell of. */
void finish_then(const struct launch *launch, int code)
{
    static char **words;
    size_t count = plan_number(launch->plan, W_THEN), used = 0;
    sigset_t none;

    if (count == 0 || launch->failed || (words = calloc(count + 1, sizeof *words)) == NULL)
        return;
    EACH_OF(op, launch->plan, W_THEN)
        words[used++] = op->arg[0];
    if (setenv("HULL_EXIT", text_decimal((unsigned)code), 1) < 0 ||
        setenv("HULL_EXIT_SIGNAL", text_decimal(launch->terminal_interrupt ? (unsigned)launch->killed_by : 0), 1) < 0)
        return;
    status_event("then");
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(words[0], words);
}

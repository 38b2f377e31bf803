/* What an attacker inside a container tries and a shell cannot. `probe WHAT…` prints one word a try. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void say(const char *what, long result) {
    printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
}

/* Type a character into every terminal within reach, the request's upper half set and not. */
static void terminal(void) {
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY);
    int places[] = {0, 1, 2, tty};
    unsigned long requests[] = {TIOCSTI, TIOCSTI | 1UL << 32, TIOCSTI | 0xffffffffUL << 32, TIOCLINUX, TIOCLINUX | 1UL << 32};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
        for (size_t r = 0; r < sizeof(requests) / sizeof(*requests); r++) {
            char typed = r < 3 ? 'X' : 3;
            say(r < 3 ? "sti" : "linux", syscall(SYS_ioctl, (long)places[i], requests[r], &typed));
        }
}

/* Change the file that process 1 or the caller of `exec` runs, by every way that a magic link offers. */
static void program(const char *link) {
    say("write", open(link, O_WRONLY | O_CLOEXEC));
    say("truncate", truncate(link, 0));
    say("chmod", chmod(link, 04755));
    say("xattr", setxattr(link, "user.hull", "x", 1, 0));
    int fd = open(link, O_RDONLY | O_CLOEXEC);
    say("read", fd);
    if (fd < 0)
        return;
    char again[64];
    snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
    say("reopen", open(again, O_RDWR | O_CLOEXEC));
    say("fchmod", fchmod(fd, 04755));
}

/* Whether a process lets us in by one way; what succeeds changes nothing there. */
static int reaches(const char *pid, const char *name) {
    char path[300], target[300];
    snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
    if (strcmp(name, "environ") == 0 || strcmp(name, "mem") == 0) {
        int fd = open(path, (*name == 'm' ? O_RDWR : O_RDONLY) | O_CLOEXEC);
        int open_ = fd >= 0;
        if (open_)
            close(fd);
        return open_;
    }
    if (strcmp(name, "memory") == 0) { /* no process has anything at 8: who may write is told so */
        struct iovec ours = {target, 1}, theirs = {(void *)8, 1};
        return process_vm_writev(atoi(pid), &ours, 1, &theirs, 1, 0) >= 0 || errno == EFAULT;
    }
    if (strcmp(name, "descriptor") == 0) {
        int process = syscall(SYS_pidfd_open, atoi(pid), 0), got = syscall(SYS_pidfd_getfd, process, 0, 0);
        int open_ = got >= 0 || (process >= 0 && errno == EBADF);
        if (got >= 0)
            close(got);
        close(process);
        return open_;
    }
    if (strcmp(name, "trace") == 0) {
        if (ptrace(PTRACE_SEIZE, atoi(pid), 0, 0) < 0)
            return 0;
        ptrace(PTRACE_INTERRUPT, atoi(pid), 0, 0);
        waitpid(atoi(pid), NULL, __WALL);
        ptrace(PTRACE_DETACH, atoi(pid), 0, 0);
        return 1;
    }
    return readlink(path, target, sizeof(target)) >= 0;
}

static int parent_of(const char *pid) {
    char path[64], line[200];
    int parent = -1;
    snprintf(path, sizeof(path), "/proc/%s/status", pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file) && sscanf(line, "PPid: %d", &parent) != 1)
        continue;
    if (file)
        fclose(file);
    return parent;
}

static int is_root_of(const char *pid, const char *fd) {
    char path[300], root[300];
    struct stat found, own;
    snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, fd);
    snprintf(root, sizeof(root), "/proc/%s/root", pid);
    return stat(path, &found) == 0 && stat(root, &own) == 0 && found.st_dev == own.st_dev && found.st_ino == own.st_ino;
}

/* A launcher that can be looked at may be a container's init alone: it has nothing open but its own root, what has no
 * place in any tree, and what is below /proc; neither root nor working directory leads to the host's `canary`. */
static void judge(const char *pid, const char *canary) {
    static const char *const harmless[] = {"pipe:", "socket:", "anon_inode:", "/proc", "/dev/null"};
    char path[600], target[300];
    int parent = parent_of(pid);
    if (parent > 0)
        printf("open %s launcher below %d\n", pid, parent);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "/proc/%s/%s%s", pid, i ? "root" : "cwd", canary);
        if (access(path, F_OK) == 0)
            printf("open %s %s\n", pid, path);
    }
    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    DIR *fds = opendir(path);
    for (struct dirent *entry; fds && (entry = readdir(fds));) {
        size_t at = 0;
        ssize_t got = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);
        if (got < 0)
            continue; /* "." and "..", or it is ending */
        target[got] = '\0';
        while (at < sizeof(harmless) / sizeof(*harmless) && strncmp(target, harmless[at], strlen(harmless[at])) != 0)
            at++;
        if (at == sizeof(harmless) / sizeof(*harmless) && !is_root_of(pid, entry->d_name) &&
            readlinkat(dirfd(fds), entry->d_name, path, sizeof(path)) == got) /* it did not end meanwhile */
            printf("open %s fd %s %s\n", pid, entry->d_name, target);
    }
    if (fds)
        closedir(fds);
}

static int is_hidden(const char *path, char *exe, size_t size) {
    return readlink(path, exe, size) < 0 && (errno == EACCES || errno == EPERM);
}

/* Watch every other process until standard input ends; tell of each that was open while it still ran the launcher.
 * With a `canary` launchers that can be looked at are judged, else there must be none but process 1. */
static void watch(const char *canary) {
    static const char *const names[] = {"exe", "cwd", "root", "environ", "mem",
                                        "fd/0", "memory", "descriptor", "trace"};
    struct pollfd input = {.fd = 0, .events = POLLIN};
    unsigned long seen = 0, hidden = 0, judged = 0;
    puts("watching");
    fflush(stdout);
    while (poll(&input, 1, 0) == 0) {
        DIR *proc = opendir("/proc");
        for (struct dirent *entry; proc && (entry = readdir(proc));) {
            char exe[300] = "", path[300];
            if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || atoi(entry->d_name) == getpid())
                continue;
            seen++;
            snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
            if (is_hidden(path, exe, sizeof(exe) - 1)) {
                hidden++;
                for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
                    if (reaches(entry->d_name, names[i]) && is_hidden(path, exe, sizeof(exe) - 1))
                        printf("open %s %s\n", entry->d_name, names[i]);
            } else if (strstr(exe, "hull-launch") && strcmp(entry->d_name, "1") != 0) {
                if (canary)
                    judge(entry->d_name, canary);
                else
                    printf("open %s %s\n", entry->d_name, exe);
                if (judged++ == 0 && puts("judged") >= 0)
                    fflush(stdout);
            }
        }
        if (proc)
            closedir(proc);
    }
    printf("seen %lu hidden %lu judged %lu\n", seen, hidden, judged);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "terminal") == 0)
        terminal();
    else if (strcmp(what, "program") == 0 && argc > 2)
        program(argv[2]);
    else if (strcmp(what, "watch") == 0)
        watch(argc > 2 ? argv[2] : NULL);
    else if (strcmp(what, "ids") == 0)
        printf("%u %u\n", getuid(), geteuid());
    else
        return 2;
    return 0;
}

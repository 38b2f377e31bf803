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
#include <sys/stat.h>
#include <sys/syscall.h>
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

static int reaches(const char *pid, const char *name) {
    char path[300], target[300];
    snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
    if (strcmp(name, "environ") == 0 || strcmp(name, "mem") == 0) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        int open_ = fd >= 0;
        if (open_)
            close(fd);
        return open_;
    }
    return readlink(path, target, sizeof(target)) >= 0;
}

/* Watch every other process until standard input ends; tell of each that was open while it still ran the launcher. */
static void watch(void) {
    static const char *const names[] = {"exe", "cwd", "root", "environ", "mem"};
    struct pollfd input = {.fd = 0, .events = POLLIN};
    unsigned long seen = 0, hidden = 0;
    puts("watching");
    fflush(stdout);
    while (poll(&input, 1, 0) == 0) {
        DIR *proc = opendir("/proc");
        for (struct dirent *entry; proc && (entry = readdir(proc));) {
            if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || atoi(entry->d_name) == getpid())
                continue;
            seen++;
            char exe[300] = "", path[300];
            snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
            if (readlink(path, exe, sizeof(exe) - 1) < 0) {
                if (errno != EACCES && errno != EPERM)
                    continue; /* it is ending */
                hidden++;
                for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
                    if (reaches(entry->d_name, names[i]) && readlink(path, exe, sizeof(exe) - 1) < 0 && errno != ENOENT)
                        printf("open %s %s\n", entry->d_name, names[i]);
            } else if (strstr(exe, "hull-launch") && strcmp(entry->d_name, "1") != 0)
                printf("open %s %s\n", entry->d_name, exe);
        }
        if (proc)
            closedir(proc);
    }
    printf("seen %lu hidden %lu\n", seen, hidden);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "terminal") == 0)
        terminal();
    else if (strcmp(what, "program") == 0 && argc > 2)
        program(argv[2]);
    else if (strcmp(what, "watch") == 0)
        watch();
    else if (strcmp(what, "ids") == 0)
        printf("%u %u\n", getuid(), geteuid());
    else
        return 2;
    return 0;
}

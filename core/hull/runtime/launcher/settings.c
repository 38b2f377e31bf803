/* What pid 1 sets once the container's own root is entered. */
#include "hull.h"

#include <linux/magic.h>
#include <linux/openat2.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>

/* Write a file of /proc that is proven to be one: a mount that races with us may not send it elsewhere
 * (CVE-2025-52881). Takes the descriptor. */
static void write_proc(int fd, const char *path, const char *value)
{
    struct statfs found;

    MUST(fstatfs(fd, &found), "look at", path);
    if (found.f_type != PROC_SUPER_MAGIC)
        fail(EXIT_TOOL, EPERM, "write", path, "it is not on a proc file system");
    MUST(write(fd, value, strlen(value)), "write", path);
    close(fd);
}

void settings_oom_score(const char *score)
{
    static const char path[] = "/proc/self/oom_score_adj";

    write_proc(MUST(sys_openat2(AT_FDCWD, path, O_WRONLY, 0, RESOLVE_NO_MAGICLINKS), "open", path), path, score);
}

/* The lowest and the highest group of the caller's own user namespace: "0 65536". */
static const char *every_group(void)
{
    static char range[32], map[4096] ROOMY; /* the kernel shows a page of it at most */
    unsigned low = UINT_MAX, high = 0, inside, outside, count;
    int fd = MUST(open("/proc/self/gid_map", O_RDONLY | O_CLOEXEC), "open", "the map of groups"), taken;
    ssize_t size = MUST(read(fd, map, sizeof map - 1), "read", "the map of groups");

    close(fd);
    map[size] = '\0';
    for (const char *at = map; sscanf(at, "%u %u %u%n", &inside, &outside, &count, &taken) == 3; at += taken) {
        low = inside < low ? inside : low;
        high = inside + count - 1 > high ? inside + count - 1 : high;
    }
    snprintf(range, sizeof range, "%u %u", low, high);
    return range;
}

/* sysctl(8)'s rule: dots are slashes, and a slash stands for a dot inside a name (net.ipv4.conf.eth0/1.forwarding). */
static void set_sysctl(int root, const char *key, const char *value)
{
    char path[512];

    if (*key == '\0' || strstr(key, "..") != NULL || strstr(key, "//") != NULL)
        fail(EXIT_TOOL, EINVAL, "set", key, "it is not a sysctl's name");
    text_join(path, sizeof path, "/proc/sys/", key, "");
    for (char *at = path + 10; *at; at++)
        *at = *at == '.' ? '/' : *at == '/' ? '.' : *at;
    write_proc(place_open(root, path, O_WRONLY), path, strcmp(value, "@GROUPS") == 0 ? every_group() : value);
}

static bool of_network(const char *key)
{
    return strncmp(key, "net.", 4) == 0 || strncmp(key, "net/", 4) == 0;
}

/* Run once /proc is mounted and before any of it turns read-only. */
void settings_sysctls(const struct plan *plan, int root)
{
    EACH_OF(op, plan, W_SYSCTL) {
        fail_at(op);
        if (!of_network(op->arg[0]) || !clone_outer_network(plan)) /* else its owner has done it: the child may not */
            set_sysctl(root, op->arg[0], op->arg[1]);
    }
}

/* Run in the network namespace by its owner; /proc/sys/net is always that of the process which looks. */
void settings_outer_sysctls(const struct plan *plan)
{
    int root = MUST(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/");

    EACH_OF(op, plan, W_SYSCTL) {
        fail_at(op);
        if (of_network(op->arg[0]))
            set_sysctl(root, op->arg[0], op->arg[1]);
    }
    close(root);
}

void settings_raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open", "a socket");

    MUST(ioctl(fd, SIOCGIFFLAGS, &request), "look at", "the loopback interface");
    request.ifr_flags |= IFF_UP;
    MUST(ioctl(fd, SIOCSIFFLAGS, &request), "bring up", "the loopback interface");
    close(fd);
}

void settings_apply(const struct plan *plan)
{
    EACH(op, plan) {
        fail_at(op);
        switch (op->word) {
        case W_HOSTNAME: MUST(sys_sethostname(op->arg[0]), "set the host name", op->arg[0]); break;
        case W_DOMAINNAME: MUST(sys_setdomainname(op->arg[0]), "set the domain name", op->arg[0]); break;
        case W_LOOPBACK:
            if (!clone_outer_network(plan)) /* else its owner has done it: the child may not */
                settings_raise_loopback();
            break;
        default: break;
        }
    }
    if (!clone_outer_network(plan)) /* likewise */
        netlink_unreachable(plan);
}

/* Into the container's network, and the rule by which answers to marked connections stay inside it. */
#include "forward.h"
#include "netlink.h"

#include <ifaddrs.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static void add(struct netlink_request *request, unsigned short type, uint32_t value)
{
    netlink_add(request, type, &value, sizeof value);
}

static bool marked_stays(int netlink, unsigned char family)
{
    struct netlink_request rule = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof rule.rule), .nlmsg_type = RTM_NEWRULE},
                           .rule = {.family = family, .action = FR_ACT_TO_TBL}};
    struct netlink_request route = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof route.route), .nlmsg_type = RTM_NEWROUTE},
                            .route = {.rtm_family = family,
                                      .rtm_protocol = RTPROT_STATIC,
                                      .rtm_type = RTN_LOCAL,
                                      .rtm_scope = RT_SCOPE_HOST}};

    add(&rule, FRA_FWMARK, FORWARD_MARK);
    add(&rule, FRA_TABLE, FORWARD_TABLE);
    add(&rule, FRA_PRIORITY, 1);
    add(&route, RTA_TABLE, FORWARD_TABLE);
    add(&route, RTA_OIF, 1); /* loopback is the first interface of every namespace */
    return netlink_create(netlink, &rule) == 0 && netlink_create(netlink, &route) == 0;
}

/* True: answers to a marked connection find back to it. */
static bool prepare_marks(void)
{
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int accept = open("/proc/sys/net/ipv4/tcp_fwmark_accept", O_WRONLY | O_CLOEXEC);
    bool able = netlink >= 0 && accept >= 0 && write(accept, "1", 1) == 1 && marked_stays(netlink, AF_INET);

    if (able) /* a kernel without IPv6 has none to forward */
        marked_stays(netlink, AF_INET6);
    close(netlink);
    close(accept);
    return able;
}

static bool is_here(int userns)
{
    struct stat wanted, here;

    return fstat(userns, &wanted) == 0 && stat("/proc/self/ns/user", &here) == 0 && wanted.st_ino == here.st_ino &&
           wanted.st_dev == here.st_dev;
}

/* The container's addresses as they are now, one a family, and the gateway of its default route. */
static void find_places(struct forward *forward)
{
    struct ifaddrs *all = NULL;
    unsigned gateway, flags;
    char line[256];
    FILE *routes = fopen("/proc/self/net/route", "re");

    if (getifaddrs(&all) < 0)
        forward_fail("read", "the container's addresses");
    for (int family = 0; family < 2; family++)
        for (struct ifaddrs *one = all; one != NULL && forward->targets == family; one = one->ifa_next) {
            const union place *place = (union place *)one->ifa_addr;

            if (place != NULL && !(one->ifa_flags & IFF_LOOPBACK) &&
                place->any.sa_family == (family ? AF_INET6 : AF_INET) &&
                !(family && IN6_IS_ADDR_LINKLOCAL(&place->v6.sin6_addr)))
                memcpy(&forward->target[forward->targets++], place, forward_size(place));
        }
    freeifaddrs(all);
    if (forward->targets < 2)
        forward_place("::1", 0, &forward->target[forward->targets++]);
    while (routes != NULL && fgets(line, sizeof line, routes) != NULL)
        if (sscanf(line, "%*s 00000000 %x %x", &gateway, &flags) == 2 && gateway != 0)
            forward->stranger[0].v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = gateway};
    if (routes != NULL)
        fclose(routes);
}

/* Mustn't: be done twice. */
void enter_network(const char *path)
{
    int netns = open(path, O_RDONLY | O_CLOEXEC), owner;

    if (netns < 0 || (owner = ioctl(netns, NS_GET_USERNS)) < 0)
        forward_fail("open the network namespace", path);
    if (!is_here(owner) && setns(owner, CLONE_NEWUSER) < 0)
        forward_fail("enter the owner of the network namespace", path);
    if (setns(netns, CLONE_NEWNET) < 0)
        forward_fail("enter the network namespace", path);
    close(owner);
    close(netns);
}

/* Should: listen before. */
void forward_enter(struct forward *forward, const char *path)
{
    enter_network(path);
    forward->transparent = prepare_marks();
    if (forward->targets == 0)
        find_places(forward);
}

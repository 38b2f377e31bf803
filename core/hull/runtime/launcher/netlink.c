/* Requests to the kernel's router, and the routes that lead nowhere. */
#include "netlink.h"
#include "hull.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static const char block[] = "make unreachable";

void netlink_add(struct netlink_request *request, unsigned short type, const void *data, unsigned short size)
{
    struct rtattr *at = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->head.nlmsg_len));

    *at = (struct rtattr){.rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = type};
    memcpy(RTA_DATA(at), data, size);
    request->head.nlmsg_len = NLMSG_ALIGN(request->head.nlmsg_len) + RTA_ALIGN(at->rta_len);
}

int netlink_create(int socket, struct netlink_request *request)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char rest[512];
    } reply;

    request->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    if (send(socket, request, request->head.nlmsg_len, 0) < 0 || recv(socket, &reply, sizeof reply, 0) < 0)
        return errno;
    if (reply.head.nlmsg_type != NLMSG_ERROR)
        return EPROTO;
    return reply.error.error == -EEXIST ? 0 : -reply.error.error;
}

static void unreachable(int netlink, const char *cidr)
{
    struct netlink_request request = {
        .head = {.nlmsg_len = NLMSG_LENGTH(sizeof request.route), .nlmsg_type = RTM_NEWROUTE},
        .route = {.rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC, .rtm_type = RTN_UNREACHABLE}};
    const char *slash = strchr(cidr, '/');
    bool six = strchr(cidr, ':') != NULL;
    unsigned long long length;
    char address[64];
    int error;

    if (slash == NULL || (size_t)(slash - cidr) >= sizeof address || !text_number(slash + 1, six ? 128 : 32, &length))
        fail(EXIT_TOOL, EINVAL, block, cidr, "it is no ADDRESS/LENGTH");
    memcpy(address, cidr, (size_t)(slash - cidr));
    address[slash - cidr] = '\0';
    request.route.rtm_family = six ? AF_INET6 : AF_INET;
    request.route.rtm_dst_len = (unsigned char)length;
    unsigned char bytes[sizeof(struct in6_addr)];
    if (inet_pton(request.route.rtm_family, address, bytes) != 1)
        fail(EXIT_TOOL, EINVAL, block, cidr, "it is no ADDRESS/LENGTH");
    netlink_add(&request, RTA_DST, bytes, six ? 16 : 4);
    if ((error = netlink_create(netlink, &request)) != 0 && !(six && error == EOPNOTSUPP)) /* no IPv6, no way there */
        fail(EXIT_TOOL, error, block, cidr, NULL);
}

/* Should: run in the network namespace as its owner, before the program. Mustn't: matter twice, at a restart. */
void netlink_unreachable(const struct plan *plan)
{
    int netlink = -1;

    EACH_OF(op, plan, W_UNREACHABLE) {
        fail_at(op);
        if (netlink < 0)
            netlink = MUST(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "open", "a netlink socket");
        unreachable(netlink, op->arg[0]);
    }
    if (netlink >= 0)
        close(netlink);
}

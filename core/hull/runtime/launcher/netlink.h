/* netlink.c: one rtnetlink request at a time, acknowledged. */
#ifndef NETLINK_H
#define NETLINK_H

#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

struct netlink_request {
    struct nlmsghdr head;
    union {
        struct fib_rule_hdr rule;
        struct rtmsg route;
    };
    char attributes[128];
};

void netlink_add(struct netlink_request *request, unsigned short type, const void *data, unsigned short size);
int netlink_create(int socket, struct netlink_request *request); /* 0, also where it is there, or the errno */

#endif

/* What the container may reach: nf_tables batches, sent by the root of the user namespace that owns its network.
 *
 * Should: run in the container's network namespace, before the container is made. Mustn't: let anything unacknowledged
 * pass, or run where the container's own root could undo it: that is where no outer namespace owns the network.
 */
#include "hull.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH_MOST = 64 << 10, ANSWER_MOST = 4 << 10 };

static const char filter[] = "filter", network[] = "the container's network";

/* Every message's acknowledgement, or the kernel's refusal, is in the socket once send returns. */
static int count_asked(const char *batch, size_t size)
{
    struct nlmsghdr head;
    int asked = 0;

    for (size_t at = 0; at < size; at += NLMSG_ALIGN(head.nlmsg_len)) {
        if (size - at < sizeof head)
            return -1;
        memcpy(&head, batch + at, sizeof head);
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > size - at)
            return -1;
        asked += (head.nlmsg_flags & NLM_F_ACK) != 0;
    }
    return asked;
}

static _Noreturn void refuse(int error)
{
    bool lacks = error == EPERM || error == EOPNOTSUPP || error == EPROTONOSUPPORT || error == ENOENT;

    fail(EXIT_TOOL, error, filter, network,
         lacks ? "this kernel has no nf_tables for user namespaces, or not all of it (nf_tables, nft_ct, nft_reject_inet)"
               : NULL);
}

static void hear(int socket, int asked)
{
    char answer[ANSWER_MOST] __attribute__((aligned(NLMSG_ALIGNTO)));
    const struct nlmsgerr *said = NLMSG_DATA((struct nlmsghdr *)(void *)answer);

    while (asked > 0) {
        ssize_t got = MUST(recv(socket, answer, sizeof answer, MSG_DONTWAIT), filter, network);

        if ((size_t)got < NLMSG_LENGTH(sizeof *said) || ((struct nlmsghdr *)(void *)answer)->nlmsg_type != NLMSG_ERROR)
            fail(EXIT_TOOL, EPROTO, filter, network, NULL);
        if (said->error != 0)
            refuse(-said->error);
        asked--;
    }
}

void nftables_check(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_NFTABLES);

    if (op == NULL || clone_outer_network(plan))
        return;
    fail_at(op);
    fail(EXIT_TOOL, EPERM, filter, network, "it would be the container's own, which could undo it");
}

void nftables_apply(const struct plan *plan)
{
    static char batch[BATCH_MOST] ROOMY;
    int fd = -1;

    EACH_OF(op, plan, W_NFTABLES) {
        ssize_t size = text_bytes(op->arg[0], batch, sizeof batch);
        int asked = size < 0 ? -1 : count_asked(batch, (size_t)size);

        fail_at(op);
        if (asked <= 0)
            fail(EXIT_TOOL, EINVAL, filter, network, "its rules are no batch of messages in lower-case hex");
        if (fd < 0 && (fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)) < 0)
            refuse(errno);
        if (send(fd, batch, (size_t)size, 0) != size)
            refuse(errno);
        hear(fd, asked);
    }
    if (fd >= 0)
        close(fd);
}

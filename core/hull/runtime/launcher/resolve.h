/* The resolver: a name server inside the network namespace of a container on named networks.
 *
 * Theory of operation. Programs that read /etc/hosts need none; those that ask a server of names (nginx, dig,
 * nslookup) ask 127.0.0.11, Docker's address. What a file names, written as /etc/hosts and kept where the container
 * cannot reach it, is answered from it as it is at that moment, addresses of its networks' members as well; everything
 * else goes on to the servers that the container would have been given, from inside its network, so that what it may
 * reach is decided where it always is. The process opens the file, enters the network, then gives up its root directory, its capabilities and most system
 * calls: what it is asked comes from the container and is hostile. It answers so many questions in a moment and no
 * more: who asks without a pause loses answers, and the machine no processor.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "forward.h"

#include <poll.h>

enum { RESOLVE_MESSAGE = 4096, RESOLVE_NAME = 256, RESOLVE_PORT = 53, RESOLVE_ASKED = 64 };

/* A question about one name: where it ends in its message, and what is asked. */
struct question {
    char name[RESOLVE_NAME]; /* in lower case, without the last dot */
    unsigned type;
    size_t end;
};

/* A line of the names: an address, and what it is called. */
struct named {
    const char *words;   /* names one behind the other, an empty one at the end */
    const char *network; /* of a member of one; NULL */
    unsigned char address[16];
    size_t size; /* of the address: 4, 16 */
};

/* resolve_names.c: taken apart in place, as far as there is room; names point into `text`. */
size_t names_read(char *text, struct named *named, size_t most);
bool names_call(const struct named *named, const char *name);              /* whether it is called so */
const struct named *names_current(int hosts, size_t *count);              /* as the file says at this moment */

/* resolve_reverse.c: pure. Whether a name stands for an address, backwards below in-addr.arpa or ip6.arpa. */
size_t reverse_address(const char *name, unsigned char address[16]); /* the address's size, 0: it does not */
size_t reverse_name(const struct named *named, unsigned char name[RESOLVE_NAME]); /* NAME.NETWORK in labels; 0: none */

/* resolve_answer.c: pure. False: not one plain question of the internet's class. */
bool question_read(const unsigned char *message, size_t length, struct question *question);

/* The length of the answer from what is named; 0: it does not know the name. `answer` has RESOLVE_MESSAGE bytes. */
size_t question_answer(const unsigned char *message, const struct question *question, const struct named *named,
                       size_t count, unsigned char *answer);
size_t question_refuse(const unsigned char *message, const struct question *question, unsigned char *answer);

/* resolve.c: the answer's length; 0: it is for others to answer. `answer` as above. */
size_t resolve_answer(const unsigned char *message, size_t length, unsigned char *answer);

/* resolve_ask.c: what is passed on. */
void ask_prepare(char *servers); /* addresses with commas between; whatever is none is left out */
const union place *ask_server(void); /* the one that is asked first; NULL: there is none */
void ask_pass_on(const unsigned char *message, size_t length, const union place *client);
int ask_watch(struct pollfd watched[RESOLVE_ASKED]); /* milliseconds until something is to be done, -1 */
void ask_act(const struct pollfd watched[RESOLVE_ASKED], int packets); /* answers go out by `packets` */

/* resolve_confine.c */
void resolve_confine(void);

/* resolve_relay.c: in a process of its own. */
_Noreturn void resolve_relay(int client, const union place *server);

#endif

/* The resolver: a name server inside the network namespace of a container on named networks.
 *
 * Theory of operation. Programs that read /etc/hosts need none; those that ask a server of names (nginx, dig,
 * nslookup) ask 127.0.0.11, Docker's address. What a file names, written as /etc/hosts and kept where the container
 * cannot reach it, is answered from it as it is at that moment; everything else goes on to the servers that the
 * container would have been given, from inside its network, so that what it may reach is decided where it always is.
 * The process opens the file, enters the network, then gives up its root directory and its capabilities: what it is
 * asked comes from the container and is hostile.
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

/* resolve_answer.c: pure. False: not one plain question of the internet's class. */
bool question_read(const unsigned char *message, size_t length, struct question *question);

/* The length of the answer from the lines of a hosts file, which are taken apart on the way; 0: it does not know the
 * name. `answer` has RESOLVE_MESSAGE bytes. */
size_t question_answer(const unsigned char *message, const struct question *question, char *hosts,
                       unsigned char *answer);
size_t question_refuse(const unsigned char *message, const struct question *question, unsigned char *answer);

/* resolve.c: the answer's length; 0: it is for others to answer. `answer` as above. */
size_t resolve_answer(const unsigned char *message, size_t length, unsigned char *answer);

/* resolve_ask.c: what is passed on. */
void ask_prepare(char *servers); /* addresses with commas between; whatever is none is left out */
const union place *ask_server(void); /* the one that is asked first; NULL: there is none */
void ask_pass_on(const unsigned char *message, size_t length, const union place *client);
int ask_watch(struct pollfd watched[RESOLVE_ASKED]); /* milliseconds until something is to be done, -1 */
void ask_act(const struct pollfd watched[RESOLVE_ASKED], int packets); /* answers go out by `packets` */

/* resolve_relay.c: in a process of its own. */
_Noreturn void resolve_relay(int client, const union place *server);

#endif

#ifndef HULL_MEMBERS_H
#define HULL_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

/* How much was taken: bytes of the archive, files, bytes of their content. */
struct hull_run { size_t used, count, bytes; };

/* Take members from `data` while they are plain files below `prefix`, whose directory is `directory`; copy their
   headers to `heads`, of `room` bytes. Files of `most` bytes and more are not taken. */
struct hull_run hull_members(int directory, const char *prefix, size_t length, const unsigned char *data, size_t size,
                             size_t most, unsigned char *heads, size_t room);

#endif

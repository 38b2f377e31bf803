/* The plain files of a tar, made without Python between them.
 *
 * A member is taken only whole: its header, its content and what fills its last block are in memory, it is a regular
 * file of root's directly in the directory at hand, and nothing about it is out of the ordinary. What is not taken is
 * left to hull.images.unpack with nothing of it done, and so are all after it; errors too are found and told there.
 * Every rule here is narrower than hull.images.tarheader's and hull.images.names'.
 */

#include "members.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, NAME = 100, MODE_AT = 100, UID_AT = 108, GID_AT = 116, SIZE_AT = 124, MTIME_AT = 136, SUM_AT = 148,
       TYPE_AT = 156, PREFIX_AT = 345 };

/* A field of octal digits, after spaces, before spaces or NUL; -1 for anything else. */
static int64_t members_number(const unsigned char *field, size_t size)
{
    size_t at = 0;
    int64_t value = 0;

    while (at < size && field[at] == ' ')
        at++;
    size_t first = at;
    for (; at < size && field[at] >= '0' && field[at] <= '7'; at++)
        value = value * 8 + (field[at] - '0');
    if (at == first)
        return -1;
    while (at < size && field[at] == ' ')
        at++;
    return at == size || field[at] == '\0' ? value : -1;
}

static int members_sum_holds(const unsigned char *block)
{
    int64_t sum = 8 * ' ';

    for (size_t at = 0; at < BLOCK; at++)
        sum += block[at];
    for (size_t at = SUM_AT; at < TYPE_AT; at++)
        sum -= block[at];
    return members_number(block + SUM_AT, TYPE_AT - SUM_AT) == sum;
}

/* The one name that is left of a header's below `prefix`, copied to `name`; whether it is a plain one. */
static int members_name(const unsigned char *block, const char *prefix, size_t length, char name[NAME + 1])
{
    const char *text = (const char *)block, *end = memchr(text, '\0', NAME);

    if (!end)
        end = text + NAME;
    if (end - text >= 2 && text[0] == '.' && text[1] == '/')
        text += 2;
    if (length) {
        if ((size_t)(end - text) <= length || memcmp(text, prefix, length) || text[length] != '/')
            return 0;
        text += length + 1;
    }
    size_t size = end - text;
    if (text[0] == '.' || memchr(text, '/', size))
        return 0;
    memcpy(name, text, size);
    name[size] = '\0';
    return 1;
}

/* Make one file; nothing of it stays where that fails. */
static int members_make(int directory, const char *name, mode_t mode, const unsigned char *data, size_t size,
                        int64_t mtime)
{
    struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec = mtime } };
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

    if (fd < 0)
        return 0;
    while (size) {
        ssize_t written = write(fd, data, size);
        if (written <= 0)
            break;
        data += written;
        size -= written;
    }
    int made = !size && !futimens(fd, times);
    close(fd);
    if (!made)
        unlinkat(directory, name, 0);
    return made;
}

struct hull_run hull_members(int directory, const char *prefix, size_t length, const unsigned char *data, size_t size,
                             size_t most, unsigned char *heads, size_t room)
{
    struct hull_run run = { 0, 0, 0 };
    char name[NAME + 1];

    while (size - run.used >= BLOCK && room - run.count * BLOCK >= BLOCK) {
        const unsigned char *block = data + run.used;
        int64_t content = members_number(block + SIZE_AT, 12), mode = members_number(block + MODE_AT, 8),
                mtime = members_number(block + MTIME_AT, 12);

        if ((block[TYPE_AT] != '0' && block[TYPE_AT] != '\0') || block[PREFIX_AT] || content < 0 ||
            content >= (int64_t)most || mode < 0 || mode & 06000 || mtime < 0 || members_number(block + UID_AT, 8) ||
            members_number(block + GID_AT, 8))
            break;
        size_t padded = ((size_t)content + BLOCK - 1) / BLOCK * BLOCK;
        if (size - run.used - BLOCK < padded || !members_name(block, prefix, length, name) ||
            !members_sum_holds(block) || !members_make(directory, name, mode & 01777, block + BLOCK, content, mtime))
            break;
        memcpy(heads + run.count * BLOCK, block, BLOCK);
        run.used += BLOCK + padded;
        run.count++;
        run.bytes += content;
    }
    return run;
}

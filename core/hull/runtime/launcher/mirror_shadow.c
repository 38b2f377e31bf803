/* What stands in for passwords that may not be read: every account is there, and locked.
 *
 * Empty files would say that the accounts of /etc/passwd do not exist: PAM's account step refuses root itself then, and
 * with it chfn, su and every package's script that makes a user. The text is made once: who holds the file open and who
 * opens it later see the same.
 */
#include "mirror.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const struct {
    const char *name, *names, *rest;
} FILES[SHADOWS] = {{"shadow", "etc/passwd", ":*:::::::\n"}, {"gshadow", "etc/group", ":*::"}};

/* Which of the files a node is; SHADOWS: none. */
static size_t which(const struct mirror *mirror, const struct node *node)
{
    size_t i = 0;

    if (node == mirror->tree.root || node->parent == mirror->tree.root ||
        node->parent->parent != mirror->tree.root || strcmp(node->parent->name, "etc") != 0)
        return SHADOWS;
    while (i < SHADOWS && strcmp(node->name, FILES[i].name) != 0)
        i++;
    return i;
}

/* A line of names becomes a locked one; a group's members stay. */
static bool write_locked(int fd, const char *line, size_t length, size_t file)
{
    const char *name = memchr(line, ':', length), *members = memrchr(line, ':', length);
    const char *rest = FILES[file].rest;

    if (name == NULL || name == line)
        return true;
    if (write(fd, line, (size_t)(name - line)) < 0 || write(fd, rest, strlen(rest)) < 0)
        return false;
    members++;
    return file == 0 || (write(fd, members, (size_t)(line + length - members)) >= 0 && write(fd, "\n", 1) == 1);
}

/* A small file's whole content, or NULL. Not mapped: whoever cuts the file meanwhile would end us. */
static char *load(int fd, size_t *size)
{
    struct stat found;
    size_t whole;
    char *text;
    ssize_t got = 0;

    if (fstat(fd, &found) < 0 || (text = malloc((whole = (size_t)found.st_size) + 1)) == NULL)
        return NULL;
    for (*size = 0; *size < whole && (got = pread(fd, text + *size, whole - *size, (off_t)*size)) > 0;)
        *size += (size_t)got;
    if (got >= 0)
        return text;
    free(text);
    return NULL;
}

static int make(const struct mirror *mirror, size_t file)
{
    int names = openat(mirror->root, FILES[file].names, O_RDONLY | O_CLOEXEC), fd = memfd_create("shadow", MFD_CLOEXEC);
    size_t size = 0;
    char *text = names >= 0 && fd >= 0 ? load(names, &size) : NULL;
    bool made = text != NULL;

    for (size_t at = 0, length; made && at < size; at += length + 1) {
        const char *end = memchr(text + at, '\n', size - at);

        length = end != NULL ? (size_t)(end - text) - at : size - at;
        made = write_locked(fd, text + at, length, file);
    }
    free(text);
    if (names >= 0)
        close(names);
    if (!made && fd >= 0)
        close(fd);
    return made ? fd : -1;
}

/* The stand-in of a file that may not be read, as a descriptor of the caller's; -1: it has none. */
int shadow_open(struct mirror *mirror, const struct node *node, struct stat *found)
{
    size_t file = which(mirror, node);

    if (file == SHADOWS)
        return -1;
    if (mirror->shadows[file] == 0 && (mirror->shadows[file] = make(mirror, file)) < 0) {
        mirror->shadows[file] = 0;
        return -1;
    }
    return fstat(mirror->shadows[file], found) < 0 ? -1 : fcntl(mirror->shadows[file], F_DUPFD_CLOEXEC, 0);
}

/* The size of what is shown empty so far. */
uint64_t shadow_size(struct mirror *mirror, const struct node *node)
{
    struct stat found;
    int fd = shadow_open(mirror, node, &found);

    if (fd < 0)
        return 0;
    close(fd);
    return (uint64_t)found.st_size;
}

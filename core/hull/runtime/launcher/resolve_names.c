/* What a hosts file names, taken apart once for all the questions until the file changes. Pure but for names_current.
 *
 * A line is ADDRESS NAME…; a member of a network has "\t# NETWORK" behind it, and then is NAME.NETWORK, too.
 */
#include "resolve.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 256 << 10, LINES = 8192 };

static const char network_mark[] = "\t# ";

/* The words one behind the other from `to` on, an empty one at the end. Should: `to` be below `from`, two bytes or more. */
static void pack_words(char *to, char *from)
{
    char *word, *rest;

    for (word = strtok_r(from, " \t", &rest); word != NULL && *word != '#'; word = strtok_r(NULL, " \t", &rest)) {
        size_t size = strlen(word) + 1;

        memmove(to, word, size);
        to += size;
    }
    *to = '\0';
}

static bool read_line(char *line, struct named *named)
{
    char *mark = strstr(line, network_mark), *words;

    named->network = mark != NULL ? mark + sizeof network_mark - 1 : NULL;
    if (mark != NULL)
        *mark = '\0';
    words = line + strcspn(line, " \t");
    if (*words == '\0')
        return false;
    *words++ = '\0';
    named->size = inet_pton(AF_INET, line, named->address) == 1 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    if (named->size == sizeof(struct in6_addr) && inet_pton(AF_INET6, line, named->address) != 1)
        return false;
    pack_words(line, words);
    named->words = line;
    return *line != '\0';
}

size_t names_read(char *text, struct named *named, size_t most)
{
    size_t count = 0;
    char *line;

    while (count < most && (line = strsep(&text, "\n")) != NULL)
        count += read_line(line, &named[count]);
    return count;
}

bool names_call(const struct named *named, const char *name)
{
    for (const char *word = named->words; *word != '\0'; word += strlen(word) + 1) {
        size_t size = strlen(word);

        if (strncasecmp(word, name, size) != 0)
            continue;
        if (name[size] == '\0' ||
            (named->network != NULL && name[size] == '.' && strcasecmp(name + size + 1, named->network) == 0))
            return true;
    }
    return false;
}

/* A write in the moment of a look may not be seen, nor change the time again: what is younger than that is read anew. */
static bool is_settled(const struct stat *file)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec > file->st_mtim.tv_sec + 1;
}

static bool is_same(const struct stat *one, const struct stat *other)
{
    return one->st_size == other->st_size && one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
           one->st_mtim.tv_nsec == other->st_mtim.tv_nsec && one->st_ctim.tv_sec == other->st_ctim.tv_sec &&
           one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

const struct named *names_current(int hosts, size_t *count)
{
    static char text[TEXT + 1] ROOMY;
    static struct named named[LINES] ROOMY;
    static struct stat seen;
    static size_t known;
    static bool settled;
    struct stat now;
    ssize_t got;

    if (fstat(hosts, &now) == 0 && !(settled && is_same(&now, &seen))) {
        settled = is_settled(&now);
        seen = now;
        got = pread(hosts, text, TEXT, 0);
        text[got > 0 ? got : 0] = '\0';
        known = names_read(text, named, LINES);
    }
    *count = known;
    return named;
}

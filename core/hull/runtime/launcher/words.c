/* Arguments that are patterns: the files inside that match, found as the program's own user in its directory. */
#include "hull.h"

#include <dirent.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096 };

/* One behind the other, each with its NUL. */
struct words {
    char *text;
    size_t size, room, count;
};
struct search {
    struct words *words;
    bool hidden;
    char path[PATH_ROOM];
};

static void find(struct search *search, size_t length, const char *rest);

static _Noreturn void no_room(void)
{
    fail(EXIT_TOOL, ENOMEM, "prepare", "the arguments", NULL);
}

static void add(struct words *words, const char *word)
{
    size_t size = strlen(word) + 1;

    if (words->text == NULL || words->size + size > words->room) {
        size_t room = words->room * 2 + size;
        char *grown = realloc(words->text, room);

        if (grown == NULL)
            no_room();
        words->text = grown;
        words->room = room;
    }
    memcpy(words->text + words->size, word, size);
    words->size += size;
    words->count++;
}

/* An array of them that ends with a NULL. */
static char **list(const struct words *words)
{
    char **made = calloc(words->count + 1, sizeof *made), *word = words->text;

    if (made == NULL)
        no_room();
    for (size_t i = 0; i < words->count; i++, word += strlen(word) + 1)
        made[i] = word;
    return made;
}

/* Never through /proc's links to descriptors: ours are still open (CVE-2024-21626). */
static int try_open(const char *path, int flags)
{
    return sys_openat2(AT_FDCWD, *path ? path : ".", flags | O_CLOEXEC, 0, RESOLVE_NO_MAGICLINKS);
}

/* Put `name` behind the first `length` bytes of the path; 0: it would be longer than a path can be. */
static size_t append(struct search *search, size_t length, const char *name, size_t size)
{
    if (length + size + 2 > PATH_ROOM)
        return 0;
    memcpy(search->path + length, name, size);
    search->path[length + size] = '\0';
    return length + size;
}

static size_t step(struct search *search, size_t length, const char *rest)
{
    size_t slashes = strspn(rest, "/");

    return slashes == 0 ? length : append(search, length, rest, slashes);
}

static bool fits(const struct search *search, const char *pattern, const char *name)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    return fnmatch(pattern, name, search->hidden ? 0 : FNM_PERIOD) == 0;
}

/* `down`: the pattern is **, what is found are directories below which the pattern stands again. */
static void look(struct search *search, size_t length, const char *pattern, const char *rest, bool down)
{
    int fd = try_open(search->path, O_RDONLY | O_DIRECTORY);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (directory == NULL) {
        close(fd);
        return; /* none of its business, or no directory: nothing matches there */
    }
    while ((entry = readdir(directory)) != NULL) {
        size_t end;
        struct stat found;

        if (!fits(search, down ? "*" : pattern, entry->d_name))
            continue;
        if (down && (fstatat(fd, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(found.st_mode)))
            continue;
        end = append(search, length, entry->d_name, strlen(entry->d_name));
        if (end != 0 && (end = down ? append(search, end, "/", 1) : step(search, end, rest)) != 0)
            find(search, end, down ? rest : rest + strspn(rest, "/"));
        search->path[length] = '\0';
    }
    closedir(directory);
}

/* What is found so far stands in the path; `rest` is the pattern's remaining part. */
static void find(struct search *search, size_t length, const char *rest)
{
    size_t size = strcspn(rest, "/");
    char *pattern;
    int fd;

    if (*rest == '\0') {
        if ((fd = try_open(search->path, O_PATH | O_NOFOLLOW)) >= 0)
            add(search->words, search->path);
        close(fd);
        return;
    }
    if ((pattern = strndup(rest, size)) == NULL)
        no_room();
    if (strcmp(pattern, "**") == 0) {
        look(search, length, pattern, rest, true);
        if (rest[size] == '\0')
            look(search, length, "*", "", false);
        else
            find(search, length, rest + size + strspn(rest + size, "/"));
    } else if (strpbrk(pattern, "*?[") != NULL) {
        look(search, length, pattern, rest + size, false);
    } else {
        size_t end = append(search, length, pattern, size);

        if (end != 0 && (end = step(search, end, rest + size)) != 0)
            find(search, end, rest + size + strspn(rest + size, "/"));
    }
    free(pattern);
    search->path[length] = '\0';
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Where nothing matches the pattern itself is the argument, as in every shell. */
static void match(struct words *words, const struct op *op)
{
    struct words found = {0};
    struct search search = {.words = &found, .hidden = text_has(op->arg[0], "hidden")};
    size_t slashes = strspn(op->arg[1], "/");
    char **sorted;

    if (strlen(op->arg[1]) < PATH_ROOM)
        find(&search, append(&search, 0, op->arg[1], slashes), op->arg[1] + slashes);
    if (found.count == 0)
        add(&found, op->arg[1]);
    sorted = list(&found);
    qsort(sorted, found.count, sizeof *sorted, by_name);
    for (size_t i = 0; i < found.count; i++)
        add(words, sorted[i]);
    free(sorted);
    free(found.text);
}

/* Should: run as the program's user, in its directory. The words end with a NULL. */
char **words_find(const struct plan *plan)
{
    struct words words = {0};

    EACH(op, plan) {
        fail_at(op);
        if (op->word == W_ARG)
            add(&words, op->arg[0]);
        else if (op->word == W_GLOB)
            match(&words, op);
    }
    if (words.count == 0 && plan_find(plan, W_STAND_IN) == NULL)
        fail(EXIT_TOOL, 0, "run", "nothing", "the plan has no arguments");
    return list(&words);
}

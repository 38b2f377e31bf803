/* Who the program is: looked up in the container's own files, never through the host's libc (CVE-2019-14271). */
#include "hull.h"

#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DATABASE_MOST = 1 << 20, FIELDS = 7 };

/* Read whole, from inside the root, only if it is a small regular file: an image may hold a FIFO or a link to
 * /dev/zero in its place (CVE-2024-9676). Missing is empty. The caller frees. */
static char *read_database(const char *path)
{
    int root = MUST(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/");
    int fd = sys_openat2(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    int error = errno;
    struct stat found;
    size_t used = 0;
    ssize_t got;
    char *text;

    close(root);
    errno = error;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return NULL;
    if (fd < 0)
        fail_errno("read the container's", path);
    MUST(fstat(fd, &found), "look at the container's", path);
    if (!S_ISREG(found.st_mode) || found.st_size > DATABASE_MOST)
        fail(EXIT_TOOL, EINVAL, "read the container's", path, "it is not a regular file of at most 1 MiB");
    if ((text = malloc((size_t)found.st_size + 1)) == NULL)
        fail(EXIT_TOOL, ENOMEM, "read the container's", path, NULL);
    while (used < (size_t)found.st_size && (got = read(fd, text + used, (size_t)found.st_size - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(fd);
    return text;
}

/* Split the next line into its fields, in place; NULL at the end. Fields that are missing are empty. */
static char *next_row(char *at, char *fields[FIELDS])
{
    static char empty[1];
    char *end;
    int count = 0;

    if (at == NULL || *at == '\0')
        return NULL;
    end = at + strcspn(at, "\n");
    if (*end)
        *end++ = '\0';
    for (int i = 0; i < FIELDS; i++)
        fields[i] = empty;
    while (at != NULL && count < FIELDS) {
        fields[count++] = at;
        if ((at = strchr(at, ':')) != NULL)
            *at++ = '\0';
    }
    return end;
}

struct account {
    char name[256], home[256];
    unsigned long long uid, gid;
    bool known;
};

/* A number is a number, even where a user of that name exists. */
static void find_account(const char *who, struct account *account)
{
    char *text = read_database("/etc/passwd"), *fields[FIELDS];
    unsigned long long uid = 0, row;
    bool numeric = text_number(who, UINT32_MAX - 1, &uid);

    *account = (struct account){.uid = uid, .home = "/"};
    for (char *at = text; (at = next_row(at, fields)) != NULL;) {
        if (!text_number(fields[2], UINT32_MAX - 1, &row) || (numeric ? row != uid : strcmp(fields[0], who) != 0))
            continue;
        if (strlen(fields[0]) >= sizeof account->name || strlen(fields[5]) >= sizeof account->home)
            continue;
        account->uid = row;
        account->known = text_number(fields[3], UINT32_MAX - 1, &account->gid);
        strcpy(account->name, fields[0]);
        if (*fields[5] == '/')
            strcpy(account->home, fields[5]);
        break;
    }
    free(text);
    if (!numeric && !account->known)
        fail(EXIT_TOOL, 0, "become the user", who, "the container's /etc/passwd has none of that name");
}

static gid_t find_group(const char *who)
{
    char *text = read_database("/etc/group"), *fields[FIELDS];
    unsigned long long gid;
    bool found = text_number(who, UINT32_MAX - 1, &gid);

    for (char *at = text; !found && (at = next_row(at, fields)) != NULL;)
        found = strcmp(fields[0], who) == 0 && text_number(fields[2], UINT32_MAX - 1, &gid);
    free(text);
    if (!found)
        fail(EXIT_TOOL, 0, "join the group", who, "the container's /etc/group has none of that name");
    return (gid_t)gid;
}

static void add_group(struct identity *who, gid_t gid)
{
    for (int i = 0; i < who->group_count; i++)
        if (who->groups[i] == gid)
            return;
    if (who->group_count == (int)(sizeof who->groups / sizeof *who->groups))
        fail(EXIT_TOOL, E2BIG, "join", "the groups", "there are more than 64");
    who->groups[who->group_count++] = gid;
}

static void add_groups_of(struct identity *who, const char *name)
{
    char *text = read_database("/etc/group"), *fields[FIELDS];
    unsigned long long gid;

    for (char *at = text; (at = next_row(at, fields)) != NULL;)
        if (text_has(fields[3], name) && text_number(fields[2], UINT32_MAX - 1, &gid))
            add_group(who, (gid_t)gid);
    free(text);
}

/* NAME, UID, NAME:GROUP or UID:GID. As Docker: an explicit group replaces the groups that the image gives the user. */
void identity_find(const struct plan *plan, struct identity *who)
{
    const struct op *op = plan_find(plan, W_USER);
    struct account account;
    char name[256];
    const char *group;

    *who = (struct identity){.home = "/"};
    fail_at(op);
    if (op != NULL || plan_find(plan, W_HOME) != NULL) {
        text_join(name, sizeof name, op != NULL ? op->arg[0] : "0", "", "");
        if ((group = strchr(name, ':')) != NULL)
            name[group++ - name] = '\0';
        find_account(*name ? name : "0", &account);
        who->uid = (uid_t)account.uid;
        who->gid = group != NULL && *group ? find_group(group) : (gid_t)account.gid;
        strcpy(who->home, account.home);
        if (op != NULL && account.known && (group == NULL || *group == '\0'))
            add_groups_of(who, account.name);
    }
    EACH_OF(extra, plan, W_GROUP) {
        fail_at(extra);
        add_group(who, find_group(extra->arg[0]));
    }
}

/* The mirror: the host's files as a read-only FUSE file system, as a try's root is to see them.
 *
 * It runs beside the container, in the host's namespaces, with the rights of the container's root on the host and no
 * more: what that may not read is shown empty. Nodes are names below names, never inodes: a file that the host replaces
 * keeps its node. Requests come from the kernel, yet none of their lengths is believed.
 */
#ifndef HULL_MIRROR_H
#define HULL_MIRROR_H

#include "hull.h"

#include <linux/fuse.h>
#include <sys/stat.h>

enum { MIRROR_REQUEST = 64 << 10, MIRROR_REPLY = 1 << 20, MIRROR_NAME = 255, EXTENTS_MOST = 340, GROUPS_MOST = 256, SHADOWS = 2 };

struct extent {
    uint32_t inside, outside, length;
};
struct idmap {
    struct extent extents[EXTENTS_MOST];
    size_t count;
    uint32_t fallback; /* what ids are that have no number inside */
};

/* What the kernel was told of a file. `at`: ms of CLOCK_MONOTONIC; `settled`: a change that came later shows in it. */
struct told {
    bool settled;
    mode_t type;
    uint64_t device, inode, size;
    struct timespec modified, changed;
    int64_t at;
};

struct node {
    struct node *parent, *by_name, *by_id; /* the chains of the two tables */
    uint64_t id, lookups;
    size_t below, handles; /* nodes that name it as their parent; open files */
    uint64_t device;
    bool blind;      /* nothing is shown below */
    bool automounts; /* it is an automounter's: what is mounted below is shown, nothing is made to be mounted */
    bool refused;    /* an open: the kernel looks again */
    struct told told, cached;
    uint32_t hash;
    char name[];
};

struct handle {
    int fd; /* -1: shown empty */
    bool stands_in; /* of a file that may not be read */
    uint64_t device, inode;
    struct node *node; /* NULL: the place is free */
    char *entries;        /* a directory's, as the host's kernel gave them */
    size_t used, at;
    int64_t next;         /* the offset of what is at `at` */
};

struct tree {
    struct node *root, **by_name, **by_id;
    size_t count, room;
    uint64_t last;
};

struct mirror {
    int fuse, root;
    bool ended;
    struct tree tree;
    struct idmap uids, gids;
    uid_t uid;
    gid_t gid, groups[GROUPS_MOST];
    int group_count;
    struct handle *handles;
    size_t handle_room, first_free; /* none below is free */
    uint64_t devices[64]; /* those seen, the root's first: inode numbers differ by them */
    size_t device_count;
    int shadows[SHADOWS]; /* what stands in for passwords; 0: not made yet */
    char *request, *reply;
};

struct request {
    const struct fuse_in_header *header;
    const char *body;
    size_t size;
};

/* mirror.c */
int mirror_open(struct mirror *mirror, const char *root); /* -1: errno */
void mirror_attach(struct mirror *mirror, int fuse);
_Noreturn void mirror_serve(struct mirror *mirror);
bool mirror_handle(struct mirror *mirror, const char *bytes, size_t size); /* false: it is no request */
void mirror_close(struct mirror *mirror);
int mirror_answer(struct mirror *mirror, const struct request *request, int error, const void *data, size_t size);
void mirror_stale(struct mirror *mirror, uint64_t node); /* the kernel is to ask again for a file's attributes */
int64_t mirror_clock(void);

/* mirror_tree.c */
bool tree_make(struct tree *tree);
void tree_free(struct tree *tree);
struct node *tree_find(const struct tree *tree, uint64_t id);
struct node *tree_enter(struct tree *tree, struct node *parent, const char *name); /* one lookup more; NULL: memory */
void tree_forget(struct tree *tree, struct node *node, uint64_t lookups);
void tree_release(struct tree *tree, struct node *node); /* a handle less */

/* mirror_place.c: -1 and errno */
int place_node(const struct mirror *mirror, const struct node *node, const char *name, int flags);
int place_read(const struct mirror *mirror, const struct node *node, bool directory, struct stat *found);
int place_mounted(const struct mirror *mirror, const struct node *node, const char *name);
bool place_is_kernels(int fd, bool *automounts);

/* mirror_ids.c */
int ids_load(struct idmap *map, pid_t process, const char *file);
uint32_t ids_inside(const struct idmap *map, uint32_t outside);

/* mirror_attr.c */
void attr_fill(struct mirror *mirror, struct fuse_attr *attr, const struct stat *found, int directory, const char *name);
void attr_tell(struct node *node, const struct stat *found);
bool attr_is_told(const struct told *told, const struct stat *found);
void attr_cache(struct node *node, const struct stat *found); /* from now on content is that of this file */
uint64_t attr_seconds(const struct stat *found);
int attr_enter(struct mirror *mirror, struct node *parent, const char *name, int directory, struct fuse_entry_out *out);
int attr_get(struct mirror *mirror, const struct request *request);
int attr_lookup(struct mirror *mirror, const struct request *request);

/* mirror_file.c, mirror_directory.c, mirror_extra.c: 0, or an errno below zero to answer */
struct handle *file_handle(const struct mirror *mirror, uint64_t number);
int file_asked(const struct mirror *mirror, const struct node *node, const struct request *request);
int file_keep(struct mirror *mirror, struct node *node, int fd, const struct stat *found, uint64_t *number);
void file_drop(struct mirror *mirror, uint64_t number);
int file_open(struct mirror *mirror, const struct request *request);
int file_read(struct mirror *mirror, const struct request *request);
int file_seek(struct mirror *mirror, const struct request *request);
int file_release(struct mirror *mirror, const struct request *request);
int directory_open(struct mirror *mirror, const struct request *request);
int directory_read(struct mirror *mirror, const struct request *request);
int extra_readlink(struct mirror *mirror, const struct request *request);
int extra_statfs(struct mirror *mirror, const struct request *request);

/* mirror_shadow.c */
int shadow_open(struct mirror *mirror, const struct node *node, struct stat *found);
uint64_t shadow_size(struct mirror *mirror, const struct node *node);

#endif

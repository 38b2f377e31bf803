/* The mirror's nodes: a name below a node. One stays while the kernel, a handle or a node below it needs it. */
#include "mirror.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 1 << 10 };

static uint32_t hash_name(const struct node *parent, const char *name)
{
    uint64_t hash = 1469598103934665603U ^ parent->id;

    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211U;
    return (uint32_t)(hash ^ hash >> 32);
}

static void link_in(struct tree *tree, struct node *node)
{
    struct node **name = &tree->by_name[node->hash & (tree->room - 1)], **id = &tree->by_id[node->id & (tree->room - 1)];

    node->by_name = *name;
    *name = node;
    node->by_id = *id;
    *id = node;
}

/* Growth is a wish: a full table is slow, not wrong. */
static void grow(struct tree *tree)
{
    struct tree larger = {.room = tree->room * 2};

    larger.by_name = calloc(larger.room, sizeof *larger.by_name);
    larger.by_id = calloc(larger.room, sizeof *larger.by_id);
    if (larger.by_name == NULL || larger.by_id == NULL) {
        free(larger.by_name);
        free(larger.by_id);
        return;
    }
    for (size_t i = 0; i < tree->room; i++)
        for (struct node *node = tree->by_id[i], *next; node != NULL; node = next) {
            next = node->by_id;
            link_in(&larger, node);
        }
    free(tree->by_name);
    free(tree->by_id);
    tree->by_name = larger.by_name;
    tree->by_id = larger.by_id;
    tree->room = larger.room;
}

static struct node *add(struct tree *tree, struct node *parent, const char *name)
{
    size_t length = strlen(name);
    struct node *node = calloc(1, sizeof *node + length + 1);

    if (node == NULL)
        return NULL;
    if (tree->count >= tree->room)
        grow(tree);
    memcpy(node->name, name, length + 1);
    node->parent = parent;
    node->id = ++tree->last;
    if (parent != NULL) {
        node->hash = hash_name(parent, name);
        parent->below++;
    }
    link_in(tree, node);
    tree->count++;
    return node;
}

bool tree_make(struct tree *tree)
{
    *tree = (struct tree){.room = ROOM_FIRST};
    tree->by_name = calloc(tree->room, sizeof *tree->by_name);
    tree->by_id = calloc(tree->room, sizeof *tree->by_id);
    if (tree->by_name == NULL || tree->by_id == NULL || (tree->root = add(tree, NULL, "")) == NULL)
        return false;
    tree->root->lookups = 1; /* FUSE_ROOT_ID; never forgotten */
    return true;
}

void tree_free(struct tree *tree)
{
    for (size_t i = 0; i < tree->room; i++)
        for (struct node *node = tree->by_id[i], *next; node != NULL; node = next) {
            next = node->by_id;
            free(node);
        }
    free(tree->by_name);
    free(tree->by_id);
    *tree = (struct tree){0};
}

struct node *tree_find(const struct tree *tree, uint64_t id)
{
    struct node *node = tree->by_id[id & (tree->room - 1)];

    while (node != NULL && node->id != id)
        node = node->by_id;
    return node;
}

struct node *tree_enter(struct tree *tree, struct node *parent, const char *name)
{
    uint32_t hash = hash_name(parent, name);
    struct node *node = tree->by_name[hash & (tree->room - 1)];

    while (node != NULL && (node->hash != hash || node->parent != parent || strcmp(node->name, name) != 0))
        node = node->by_name;
    if (node == NULL && (node = add(tree, parent, name)) == NULL)
        return NULL;
    node->lookups++;
    return node;
}

static void take_out(struct tree *tree, struct node *node)
{
    struct node **at = &tree->by_id[node->id & (tree->room - 1)];

    while (*at != node)
        at = &(*at)->by_id;
    *at = node->by_id;
    for (at = &tree->by_name[node->hash & (tree->room - 1)]; *at != node;)
        at = &(*at)->by_name;
    *at = node->by_name;
    tree->count--;
}

/* A node that goes may be the last that its parent stayed for. */
static void tidy(struct tree *tree, struct node *node)
{
    while (node != tree->root && node->lookups == 0 && node->below == 0 && node->handles == 0) {
        struct node *parent = node->parent;

        take_out(tree, node);
        free(node);
        parent->below--;
        node = parent;
    }
}

void tree_forget(struct tree *tree, struct node *node, uint64_t lookups)
{
    if (node == tree->root)
        return;
    node->lookups -= lookups < node->lookups ? lookups : node->lookups;
    tidy(tree, node);
}

void tree_release(struct tree *tree, struct node *node)
{
    node->handles--;
    tidy(tree, node);
}

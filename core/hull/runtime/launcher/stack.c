/* Mounts that are found below something: a part of a volume, an image's files, a part of these.
 *
 * Should: find by one descriptor what is then cloned from that descriptor. Mustn't: name anything twice, since whoever
 * writes to a volume may swap it for a link in between (CVE-2021-30465, CVE-2024-11218).
 */
#include "hull.h"

#include <stdlib.h>
#include <string.h>

static void attach_found(int found, const char *path, const char *target, const char *flags, int root)
{
    int mount = MUST(attach_clone(found, "", flags), "bind", path);

    close(found);
    attach_to(mount, mounts_target(root, target, mounts_is_directory(mount, path)), target);
}

void stack_below(const struct op *op, int root)
{
    int base = MUST(open(op->arg[0], O_PATH | O_DIRECTORY | O_CLOEXEC), "open the source", op->arg[0]);
    int found = place_below(base, op->arg[1]);

    close(base);
    attach_found(found, op->arg[1], op->arg[2], op->arg[3], root);
}

/* Older kernels clone only what is attached somewhere: the overlay lies over its place's directory for that moment. */
static void attach_part(int overlay, const struct op *op, int root)
{
    const char *name;
    char self[64];
    int place = place_parent(root, op->arg[3], &name), found, part;

    if (sys_move_mount(overlay, place) < 0)
        fail_errno("mount for a moment above", op->arg[3]);
    found = place_below(overlay, op->arg[2]);
    part = MUST(attach_clone(found, "", op->arg[4]), "bind", op->arg[2]);
    close(found);
    MUST(sys_umount(text_join(self, sizeof self, "/proc/self/fd/", text_decimal((unsigned)overlay), "")),
         "take away", "the overlay that was mounted for a moment");
    close(overlay);
    close(place);
    attach_to(part, mounts_target(root, op->arg[3], mounts_is_directory(part, op->arg[2])), op->arg[3]);
}

/* The lowest of the layers is somebody else's directory. */
static bool is_gone(const struct plan *plan, const struct op *op)
{
    const struct op *last = op;

    while (last + 1 < plan->ops + plan->count && last[1].word == W_LOWER)
        last++;
    return access(last->arg[0], F_OK) < 0 && errno == ENOENT;
}

static int *ahead; /* by the op's place in the plan; 0: not made, -1: nothing to show */

static int make_ahead(const struct plan *plan, const struct op *op)
{
    return text_has(op->arg[4], "optional") && is_gone(plan, op) ? -1 : overlay_make(plan, op);
}

/* What goes to an upper inside the root's upper is made before the root is: the kernel warns of the other order, and
 * with index=on refuses it, since it sees the root's upper in use above. */
void stack_ahead(const struct plan *plan, const struct op *whole)
{
    size_t length = strlen(whole->arg[0]);

    if (plan_find(plan, W_OVERLAY) == NULL)
        return;
    if ((ahead = calloc(plan->count, sizeof *ahead)) == NULL)
        fail(EXIT_TOOL, ENOMEM, "make", "the overlays", NULL);
    EACH_OF(op, plan, W_OVERLAY) {
        if (length == 0 || strncmp(op->arg[0], whole->arg[0], length) != 0 || op->arg[0][length] != '/')
            continue;
        fail_at(op);
        ahead[op - plan->ops] = make_ahead(plan, op);
    }
    fail_at(NULL);
}

void stack_overlay(const struct plan *plan, const struct op *op, int root)
{
    int overlay = ahead != NULL && ahead[op - plan->ops] != 0 ? ahead[op - plan->ops] : make_ahead(plan, op);

    if (overlay < 0)
        return;
    if (*op->arg[2] != '\0') {
        attach_part(overlay, op, root);
        return;
    }
    MUST(sys_mount_setattr(overlay, false, attach_attributes(op->arg[4]), MS_PRIVATE), "protect", op->arg[3]);
    attach_to(overlay, mounts_target(root, op->arg[3], true), op->arg[3]);
}

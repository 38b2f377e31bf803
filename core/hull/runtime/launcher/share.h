/* A container in namespaces of another one: its way in (theory of operation: share.c) and its end. */
#ifndef SHARE_H
#define SHARE_H

#include "hull.h"

/* share.c: a container in namespaces of another one. */
bool share_has(const struct plan *plan, const char *kind);
bool share_hides(const struct plan *plan);
void share_hide(const struct plan *plan); /* intermediate: before it enters anything of others */
void share_prepare(struct launch *launch);
void share_enter(struct launch *launch, uint64_t *flags); /* intermediate, last: it is root of the other's namespace */
int share_memory(void);                                   /* child: the other's /dev/shm, detached */
void share_begin(struct launch *launch, int channel);     /* child: before there is a program */
void share_await_init(struct launch *launch);             /* program */
void share_show_init(struct launch *launch);              /* init: it holds nothing any more that is not its own */

/* sweep.c: who is left of such a container when it ends. */
void sweep_below(const struct launch *launch);  /* init */
void sweep_finish(const struct launch *launch); /* launcher: the same from outside, whatever became of init */

#endif

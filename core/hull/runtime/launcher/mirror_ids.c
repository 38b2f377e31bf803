/* Whose a host's file is inside: what the map says backwards (the caller is in it), the others as they are. What has no
 * number there is nobody's, or the only one's that there is: the overlay cannot copy what is nobody's at all. */
#include "mirror.h"

#include <stdio.h>

enum { NOBODY = 65534 };

static bool is_inside(const struct idmap *map, uint32_t id)
{
    for (size_t i = 0; i < map->count; i++)
        if (id >= map->extents[i].inside && id - map->extents[i].inside < map->extents[i].length)
            return true;
    return false;
}

/* The map of a process as our own namespace sees it. */
int ids_load(struct idmap *map, pid_t process, const char *file)
{
    char path[64];
    struct extent *extent;
    FILE *lines;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)process, file);
    if ((lines = fopen(path, "re")) == NULL)
        return -1;
    while (map->count < EXTENTS_MOST && (extent = &map->extents[map->count]) &&
           fscanf(lines, "%u %u %u", &extent->inside, &extent->outside, &extent->length) == 3)
        map->count++;
    fclose(lines);
    if (map->count == 0) {
        errno = ENODATA;
        return -1;
    }
    map->fallback = is_inside(map, NOBODY) ? NOBODY : map->extents[0].inside;
    return 0;
}

uint32_t ids_inside(const struct idmap *map, uint32_t outside)
{
    for (size_t i = 0; i < map->count; i++)
        if (outside >= map->extents[i].outside && outside - map->extents[i].outside < map->extents[i].length)
            return map->extents[i].inside + (outside - map->extents[i].outside);
    return is_inside(map, outside) ? outside : map->fallback;
}

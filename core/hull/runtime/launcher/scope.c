/* Signals that stay inside (op `signals-inside`).
 *
 * The program shares its process group with the caller's job, or Ctrl-C and pipes would not be the kernel's: kill(0)
 * reaches the whole group, in whatever pid namespace its members are. Landlock (Linux 6.12) ends that: a process of the
 * container signals none that was not made inside. Older kernels have no such thing, and nothing else that has no price
 * at the terminal; docs/SECURITY.md says so.
 *
 * Should: run in pid 1 before it has children, so that all of the container are in one domain. Mustn't: run in a
 * process that joins; two domains could not signal each other.
 */
#include "hull.h"

enum { CREATE_RULESET = 444, RESTRICT_SELF = 446, VERSION = 1, VERSION_OF_SCOPES = 6, SCOPE_SIGNAL = 2 };

void scope_signals(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_SIGNALS_INSIDE);
    struct {
        uint64_t files, network, scoped;
    } rules = {.scoped = SCOPE_SIGNAL};
    int ruleset;

    if (op == NULL || syscall(CREATE_RULESET, NULL, 0, VERSION) < VERSION_OF_SCOPES)
        return;
    fail_at(op);
    ruleset = (int)MUST(syscall(CREATE_RULESET, &rules, sizeof rules, 0), "keep", "signals inside");
    MUST(syscall(RESTRICT_SELF, ruleset, 0), "keep", "signals inside");
    close(ruleset);
    fail_at(NULL);
}

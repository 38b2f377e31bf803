/* Whether it is started again, and when: Docker's rules. */
#include "monitor.h"

#include <string.h>

static const int64_t FIRST = 100000000LL, LAST = 60000000000LL, GOOD = 10000000000LL; /* ns */

static const char *const WORDS[] = {"no", "on-failure", "always", "unless-stopped"};

bool restart_policy(struct monitor *m, const char *word, const char *most)
{
    unsigned long long number = 0;

    if (word == NULL || (most != NULL && !text_number(most, INT32_MAX, &number)))
        return false;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strcmp(WORDS[i], word) == 0) {
            m->policy = (enum policy)i;
            m->most = number;
            return true;
        }
    return false;
}

const char *restart_word(const struct monitor *m)
{
    return WORDS[m->policy];
}

void restart_parse(struct monitor *m)
{
    const struct op *restart = plan_find(m->plan, W_RESTART), *stop = plan_find(m->plan, W_STOP);

    fail_at(restart);
    if (restart != NULL && !restart_policy(m, restart->arg[0], restart->arg[1]))
        fail(EXIT_TOOL, EINVAL, "restart by the policy", restart->arg[0], NULL);
    fail_at(stop);
    m->stop_signal = SIGTERM;
    m->stop_ms = PATIENCE_MS;
    if (stop != NULL) {
        m->stop_signal = (int)text_must_number(stop->arg[0], NSIG - 1, "it is not a signal");
        m->stop_ms = -1;
        if (strcmp(stop->arg[1], "-1") != 0)
            m->stop_ms = (int64_t)text_must_number(stop->arg[1], INT32_MAX, "it is not a number of milliseconds");
    }
    fail_at(NULL);
}

static bool wanted(const struct monitor *m)
{
    if (m->stopping || m->failed)
        return false;
    switch (m->policy) {
    case POLICY_ON_FAILURE: return m->code != 0 && (m->most == 0 || m->restarts < m->most);
    case POLICY_ALWAYS:
    case POLICY_UNLESS_STOPPED: return true;
    default: return false;
    }
}

/* A run is over: the next one's time, or the end of all. A run of ten seconds is a good one. */
void restart_decide(struct monitor *m)
{
    int64_t now = channel_clock();

    if (!wanted(m)) {
        m->phase = PHASE_OVER;
        return;
    }
    if (m->delay == 0 || now - m->executed >= GOOD)
        m->delay = FIRST;
    else
        m->delay = m->delay * 2 < LAST ? m->delay * 2 : LAST;
    m->restarts++;
    m->phase = PHASE_WAITING;
    m->due = now + m->delay;
    status_tell("\"event\":\"restarting\",\"code\":%d,\"delay\":%d,\"count\":%llu", m->code, (int)(m->delay / 1000000),
                m->restarts);
}

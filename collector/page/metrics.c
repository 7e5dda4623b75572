/* Numbers for Prometheus: GET /metrics. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/say.h"
#include "base/version.h"
#include "page/metrics_station.h"
#include "page/page.h"
#include "page/route.h"

enum { COPY_FRESH_MS = 2000 };

static void add_problem_count(void *self, const char *kind, const char *nature, const char *state,
                              uint64_t count)
{
    const struct label *labels = LABELS({"kind", kind}, {"nature", nature}, {"state", state});

    exposition_count(self, labels, count);
}

static void add_task_count(void *self, const char *state, uint64_t count)
{
    exposition_count(self, LABELS({"state", state}), count);
}

static bool add_ledger(struct exposition *out, struct reader *reader, struct error *err)
{
    exposition_family(out, "lookback_problems", FAMILY_GAUGE,
                      "Problems that are not closed, by kind (relapse: of a struck-off task).");
    if (!reader_problem_counts(reader, add_problem_count, out, err))
        return false;
    exposition_family(out, "lookback_tasks", FAMILY_GAUGE, "Tasks of the ledger, by state.");
    return reader_task_counts(reader, add_task_count, out, err);
}

static void add_build(struct exposition *out, const struct call *call)
{
    const struct settings *settings = call->host->settings;
    char boot[16];

    snprintf(boot, sizeof boot, "%u", (unsigned)call->host->boot);
    exposition_family(out, "lookback_build_info", FAMILY_GAUGE,
                      "Which collector this is, its version and the number of its start.");
    exposition_count(
        out, LABELS({"collector", settings->name}, {"version", version_text()}, {"boot", boot}), 1);
    exposition_family(out, "lookback_simulated", FAMILY_GAUGE,
                      "1: some devices are simulated, and so is what is made from them.");
    exposition_count(out, NULL, call->host->catalog->simulated);
}

static void number(struct exposition *out, enum family family, const char *name, const char *help,
                   uint64_t value)
{
    exposition_family(out, name, family, help);
    exposition_count(out, NULL, value);
}

static void add_page(struct exposition *out, struct page *page)
{
    struct page_status status;

    page_status(page, &status);
    number(out, FAMILY_GAUGE, "lookback_page_connections", "Connections to the page that are open.",
           status.connections);
    number(out, FAMILY_GAUGE, "lookback_page_connections_most",
           "Most connections that were open at once since start.", status.connections_most);
    number(out, FAMILY_COUNTER, "lookback_page_requests_total", "Requests to the page since start.",
           status.requests);
    number(out, FAMILY_COUNTER, "lookback_page_not_modified_total",
           "Answers 304 since start: who asked had it already.", status.not_modified);
    number(out, FAMILY_COUNTER, "lookback_page_refused_total",
           "Requests answered by a refusal (4xx, 5xx) since start.", status.refused);
    number(out, FAMILY_COUNTER, "lookback_page_closed_slow_total",
           "Connections ended because asking or taking took too long, since start.",
           status.closed_slow);
    number(out, FAMILY_COUNTER, "lookback_page_crowded_out_total",
           "Connections ended because too many were open, since start.", status.crowded_out);
}

/* Pages of memory that are resident: proc(5), statm. NAN: not known. */
static double resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long whole = 0, resident = 0;
    int found = file == NULL ? 0 : fscanf(file, "%lu %lu", &whole, &resident);

    if (file != NULL)
        fclose(file);
    return found == 2 ? (double)resident * (double)sysconf(_SC_PAGESIZE) : (double)NAN;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* By the names every program that is scraped uses. */
static void add_process(struct exposition *out)
{
    struct rusage used;

    exposition_family(out, "process_resident_memory_bytes", FAMILY_GAUGE, "Resident memory.");
    exposition_sample(out, NULL, resident_bytes());
    if (getrusage(RUSAGE_SELF, &used) != 0)
        return;
    exposition_family(out, "process_cpu_seconds_total", FAMILY_COUNTER,
                      "CPU time of all threads since start.");
    exposition_sample(out, NULL, seconds(used.ru_utime) + seconds(used.ru_stime));
}

static void metrics(struct call *call)
{
    const struct page_host *host = call->host;
    const struct status_copy *copy = host->status(host->self, COPY_FRESH_MS);
    struct exposition out = {0};
    struct error err = {0};
    size_t size;
    char *text;
    bool read;

    add_build(&out, call);
    if (copy != NULL) {
        metrics_links(&out, copy);
        metrics_devices(&out, copy);
        metrics_polling(&out, copy);
        metrics_outputs(&out, copy, host->clock);
        metrics_clock(&out, copy);
    }
    metrics_store(&out, host);
    metrics_seals(&out, host);
    metrics_notices(&out, host->notices);
    add_page(&out, call->page);
    add_process(&out);
    read = add_ledger(&out, call->reader, &err);
    status_copy_release(copy);
    text = exposition_end(&out, &size);
    if (read && text != NULL) {
        answer_bytes(call->answer, EXPOSITION_TYPE, text, size);
        return;
    }
    free(text);
    if (read)
        error_set(&err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    answer_refuse(call->answer, &err);
}

/* clang-format off */
const struct route metrics_routes[] = {
    {METHOD_GET, ROLE_READER, "/metrics", NULL, metrics},
    {0},
};
/* clang-format on */

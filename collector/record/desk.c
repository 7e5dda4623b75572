#include "record/desk_parts.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/say.h"

struct desk *desk_new(void)
{
    struct desk *desk = calloc(1, sizeof *desk);
    pthread_condattr_t monotonic;

    if (desk == NULL)
        return NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&desk->for_recorder, &monotonic);
    pthread_cond_init(&desk->for_readers, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&desk->lock, NULL);
    desk->last_refusal = &desk->refusals;
    desk->last_found = &desk->found;
    desk->last_errand = &desk->errands;
    return desk;
}

static void free_refusals(struct refusal *refusal)
{
    while (refusal != NULL) {
        struct refusal *next = refusal->next;

        free(refusal);
        refusal = next;
    }
}

static void free_anchors(struct outside *anchor)
{
    while (anchor != NULL) {
        struct outside *next = anchor->next;

        free(anchor);
        anchor = next;
    }
}

static void free_found(struct found *found)
{
    while (found != NULL) {
        struct found *next = found->next;

        free(found);
        found = next;
    }
}

void desk_free(struct desk *desk)
{
    if (desk == NULL)
        return;
    desk_refuse_acts(desk);
    free_refusals(desk->refusals);
    free_anchors(desk->anchors);
    free_found(desk->found);
    pthread_cond_destroy(&desk->for_recorder);
    pthread_cond_destroy(&desk->for_readers);
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}

/* Cursors and refusals ---------------------------------------------------------------------- */

/* The slot of this name, made when there is none. There are far fewer outputs than slots. */
static struct slot *find_slot(struct desk *desk, const char *name)
{
    struct slot *slot;

    for (size_t i = 0; i < desk->slot_count; i++)
        if (strcmp(desk->slots[i].move.name, name) == 0)
            return &desk->slots[i];
    if (desk->slot_count == DESK_CURSORS || strlen(name) >= NAME_SIZE)
        return NULL;
    slot = &desk->slots[desk->slot_count++];
    snprintf(slot->move.name, sizeof slot->move.name, "%s", name);
    return slot;
}

void desk_tell(struct desk *desk)
{
    if (!desk->news)
        pthread_cond_signal(&desk->for_recorder);
    desk->news = true;
}

void desk_move_cursor(struct desk *desk, const char *name, uint64_t seq)
{
    struct slot *slot;

    pthread_mutex_lock(&desk->lock);
    slot = find_slot(desk, name);
    if (slot != NULL && !slot->frozen) {
        slot->move.seq = seq;
        slot->waiting = true;
        desk_tell(desk);
    }
    pthread_mutex_unlock(&desk->lock);
}

/* What a peer refused must not be passed over in silence: without memory for the record the
 * output's cursor stays where it is, and after a restart the peer is asked again. */
static void freeze(struct desk *desk, const char *output)
{
    struct slot *slot = find_slot(desk, output);

    if (slot == NULL || slot->frozen)
        return;
    slot->frozen = true;
    log_error(SAY("输出 %s：内存不足，无法保存被拒收的记录；其进度停在此处，重启后将重发",
                  "output %s: no memory to keep what was refused; its cursor stays here and it is "
                  "sent again after a restart"),
              output);
}

void desk_refuse(struct desk *desk, const char *output, uint64_t seq, const char *reason)
{
    struct refusal *refusal = calloc(1, sizeof *refusal);

    pthread_mutex_lock(&desk->lock);
    if (refusal == NULL) {
        freeze(desk, output);
    } else {
        snprintf(refusal->output, sizeof refusal->output, "%s", output);
        snprintf(refusal->reason, sizeof refusal->reason, "%s", reason);
        refusal->seq = seq;
        *desk->last_refusal = refusal;
        desk->last_refusal = &refusal->next;
        desk_tell(desk);
    }
    pthread_mutex_unlock(&desk->lock);
}

/* Without memory it is not kept: the head is left outside again with the next one. */
void desk_anchor(struct desk *desk, uint64_t segment, const char *kind, const char *name,
                 const void *body, size_t size)
{
    struct outside *anchor = calloc(1, sizeof *anchor + size);

    if (anchor == NULL)
        return;
    anchor->segment = segment;
    snprintf(anchor->kind, sizeof anchor->kind, "%s", kind);
    snprintf(anchor->name, sizeof anchor->name, "%s", name);
    anchor->size = size;
    if (size > 0)
        memcpy(anchor->body, body, size);
    pthread_mutex_lock(&desk->lock);
    anchor->next = desk->anchors;
    desk->anchors = anchor;
    desk_tell(desk);
    pthread_mutex_unlock(&desk->lock);
}

static const char *copy_words(char **at, const char *words)
{
    char *here = *at;
    size_t size = strlen(words) + 1;

    memcpy(here, words, size);
    *at += size;
    return here;
}

static size_t size_of(const char *words)
{
    return words == NULL ? 0 : strlen(words) + 1;
}

static struct found *copy_finding(const struct device_finding *finding)
{
    struct found *found = calloc(1, sizeof *found + size_of(finding->event) +
                                        size_of(finding->arguments) + size_of(finding->identity));
    char *at;

    if (found == NULL)
        return NULL;
    at = found->words;
    found->finding = *finding;
    found->finding.event = copy_words(&at, finding->event);
    found->finding.arguments = copy_words(&at, finding->arguments);
    if (finding->identity != NULL)
        found->finding.identity = copy_words(&at, finding->identity);
    if (finding->lesson != NULL) {
        found->lesson = *finding->lesson;
        found->finding.lesson = &found->lesson;
    }
    return found;
}

void desk_remember(struct desk *desk, const struct device_finding *finding)
{
    struct found *found = copy_finding(finding);

    if (found == NULL)
        return;
    pthread_mutex_lock(&desk->lock);
    *desk->last_found = found;
    desk->last_found = &found->next;
    desk_tell(desk);
    pthread_mutex_unlock(&desk->lock);
}

bool desk_collect(struct desk *desk, struct desk_load *load)
{
    pthread_mutex_lock(&desk->lock);
    load->move_count = 0;
    for (size_t i = 0; i < desk->slot_count; i++) {
        if (!desk->slots[i].waiting)
            continue;
        load->moves[load->move_count++] = desk->slots[i].move;
        desk->slots[i].waiting = false;
    }
    load->refusals = desk->refusals;
    desk->refusals = NULL;
    desk->last_refusal = &desk->refusals;
    load->anchors = desk->anchors;
    desk->anchors = NULL;
    load->found = desk->found;
    desk->found = NULL;
    desk->last_found = &desk->found;
    desk->news = false;
    pthread_mutex_unlock(&desk->lock);
    return load->move_count > 0 || load->refusals != NULL || load->anchors != NULL ||
           load->found != NULL;
}

void desk_done(struct desk *desk, struct desk_load *load)
{
    (void)desk;
    free_refusals(load->refusals);
    free_anchors(load->anchors);
    free_found(load->found);
    load->refusals = NULL;
    load->anchors = NULL;
    load->found = NULL;
    load->move_count = 0;
}

/* In front of what came meanwhile: of two findings the later counts. */
static void return_found(struct desk *desk, struct desk_load *load)
{
    struct found **end = &load->found;

    while (*end != NULL)
        end = &(*end)->next;
    if (load->found != NULL) {
        if (desk->found == NULL)
            desk->last_found = end;
        *end = desk->found;
        desk->found = load->found;
    }
    load->found = NULL;
}

void desk_return(struct desk *desk, struct desk_load *load)
{
    struct refusal **end = &load->refusals;
    struct outside **last = &load->anchors;

    pthread_mutex_lock(&desk->lock);
    return_found(desk, load);
    for (size_t i = 0; i < load->move_count; i++)
        find_slot(desk, load->moves[i].name)->waiting = true;
    while (*end != NULL)
        end = &(*end)->next;
    if (load->refusals != NULL) {
        if (desk->refusals == NULL)
            desk->last_refusal = end;
        *end = desk->refusals;
        desk->refusals = load->refusals;
    }
    while (*last != NULL)
        last = &(*last)->next;
    *last = desk->anchors;
    desk->anchors = load->anchors;
    load->anchors = NULL;
    load->refusals = NULL;
    load->move_count = 0;
    pthread_mutex_unlock(&desk->lock);
}

void desk_forget_cursor(struct desk *desk, const char *name)
{
    struct slot *slot;

    pthread_mutex_lock(&desk->lock);
    slot = find_slot(desk, name);
    if (slot != NULL)
        slot->waiting = false;
    pthread_mutex_unlock(&desk->lock);
}

/* lookback replay: reads the stored sequence again with the rules as they are, and says whether the
 * same aggregates, episodes and problems come out. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "app/command.h"
#include "base/say.h"
#include "record/replay.h"
#include "report/progress.h"
#include "town/names.h"
#include "town/shown.h"

static void show(void *self, double share)
{
    progress_show(self, share, "");
}

static json_t *count_json(const struct replay_count *count)
{
    return json_pack("{s:I, s:I, s:I}", "same", (json_int_t)count->same, "differ",
                     (json_int_t)count->differ, "unprovable", (json_int_t)count->unprovable);
}

static json_t *time_json(struct wall_time time)
{
    char words[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
}

static void print_json(const struct replay_answer *answer)
{
    json_t *object = json_pack(
        "{s:b, s:I, s:I, s:o, s:o, s:o, s:o}", "equal", replay_is_equal(answer), "entries",
        (json_int_t)answer->entries, "readings", (json_int_t)answer->readings, "provable_from",
        time_json(answer->oldest), "problems", count_json(&answer->problems), "episodes",
        count_json(&answer->episodes), "aggregates", count_json(&answer->aggregates));
    json_t *changed = json_array();
    json_t *differences = json_array();

    for (size_t i = 0; i < answer->changed_count; i++)
        json_array_append_new(changed, json_pack("{s:s, s:I, s:o}", "rule", answer->changed[i].rule,
                                                 "points", (json_int_t)answer->changed[i].points,
                                                 "since", time_json(answer->changed[i].since)));
    for (size_t i = 0; i < answer->difference_count; i++)
        json_array_append_new(differences, json_string(answer->differences[i]));
    json_object_set_new(object, "changed", changed);
    json_object_set_new(object, "differences", differences);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static void print_count(const char *what, const struct replay_count *count)
{
    printf(SAY("%s：%" PRIu64 " 相同，%" PRIu64 " 不同，%" PRIu64 " 不可证\n",
               "%s: %" PRIu64 " the same, %" PRIu64 " different, %" PRIu64 " not provable\n"),
           what, count->same, count->differ, count->unprovable);
}

static void print_changed(const struct replay_changed *changed)
{
    char words[WALL_TEXT], when[LOCAL_TEXT];

    if (wall_is_known(changed->since))
        printf(SAY("规则 %s（%u 个监测点）自 %s 起才是现在的样子，此前的结论不可证\n",
                   "rule %s (%u points) has been as it is since %s; what it concluded before is "
                   "not provable\n"),
               changed->rule, changed->points, local_time(wall_text(changed->since, words), when));
    else
        printf(SAY("规则 %s（%u "
                   "个监测点）与现行配置不符（已删除、已修改但采集器尚未重启），其结论不可证\n",
                   "rule %s (%u points) is not as in the settings now (removed, or edited and the "
                   "collector not started since); what it concluded is not provable\n"),
               changed->rule, changed->points);
}

static void print_words(const struct settings *settings, const struct replay_answer *answer)
{
    char words[WALL_TEXT], when[LOCAL_TEXT];

    say_simulated(settings, NULL);
    say_zone(settings);
    printf(SAY("已复算 %" PRIu64 " 条记录、%" PRIu64 " 个读数\n",
               "replayed %" PRIu64 " entries, %" PRIu64 " readings\n"),
           answer->entries, answer->readings);
    if (wall_is_known(answer->oldest))
        printf(SAY("更早的读数已按保留期限清理，自 %s 起可证\n",
                   "earlier readings were removed by retention; provable from %s on\n"),
               local_time(wall_text(answer->oldest, words), when));
    print_count(SAY("问题", "problems"), &answer->problems);
    print_count(SAY("超标事件", "episodes"), &answer->episodes);
    print_count(SAY("统计值", "aggregates"), &answer->aggregates);
    for (size_t i = 0; i < answer->changed_count; i++)
        print_changed(&answer->changed[i]);
    for (size_t i = 0; i < answer->difference_count; i++)
        printf("%s\n", answer->differences[i]);
    if (!replay_is_equal(answer))
        puts(SAY("结论：复算与存储不一致！", "THE REPLAY DIFFERS FROM THE STORE."));
    else if (answer->problems.unprovable + answer->episodes.unprovable +
                 answer->aggregates.unprovable >
             0)
        puts(SAY("结论：能复算的都与存储一致，其余不可证。",
                 "what can be replayed agrees with the store; the rest cannot be proven."));
    else
        puts(SAY("结论：复算与存储一致。", "the replay agrees with the store."));
}

static bool run(const struct settings *settings, bool shown, struct replay_setup *setup,
                struct replay_answer *answer, struct error *err)
{
    struct reader *reader = reader_open(settings->store_dir, err);
    struct names names;
    struct progress progress;
    bool done;

    if (reader == NULL || !names_look(&names, settings, reader, err)) {
        reader_close(reader);
        return false;
    }
    reader_close(reader);
    setup->dir = settings->store_dir;
    setup->judge = (struct judge_setup){.catalog = &names.catalog,
                                        .rules = names.rules,
                                        .rule_count = names.rule_count,
                                        .tallies = settings->tallies,
                                        .screens = settings->screens};
    setup->progress = shown ? show : NULL;
    setup->self = &progress;
    progress_begin(&progress, SAY("复算", "replay"));
    done = replay_run(setup, answer, err);
    if (shown)
        progress_end(&progress, done);
    names_free(&names);
    return done;
}

int command_replay(const struct typed *typed)
{
    struct replay_setup setup = {.from = WALL_NONE, .to = WALL_NONE};
    struct settings *settings = command_settings(typed);
    struct replay_answer answer = {0};
    struct error err = {0};
    int code;

    if (settings == NULL)
        return EXIT_WRONG;
    if (!command_span(typed, &setup.from, &setup.to)) {
        settings_free(settings);
        return EXIT_WRONG;
    }
    if (!run(settings, command_shows_progress(typed), &setup, &answer, &err)) {
        code = command_fail(typed, &err);
    } else {
        if (typed->json)
            print_json(&answer);
        else
            print_words(settings, &answer);
        code = replay_is_equal(&answer) ? EXIT_DONE : EXIT_NO;
    }
    replay_answer_end(&answer);
    settings_free(settings);
    return code;
}

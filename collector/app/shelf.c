#include "app/shelf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "town/settings.h"

static int is_profile(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

/* Every profile of one folder; one that stood on the shelf before (the user's own) goes first. */
static void fill(struct shelf *shelf, const char *folder, struct conf_faults *faults)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_profile, alphasort);

    for (int i = 0; i < count; i++) {
        char path[600];
        struct profile *profile;
        bool known = false;

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        profile = profile_load(path, shelf->parameters, false, faults);
        for (size_t j = 0; profile != NULL && j < shelf->count; j++)
            known = known || strcmp(shelf->profiles[j]->model, profile->model) == 0;
        if (profile != NULL && !known && shelf->count < SHELF_MAX)
            shelf->profiles[shelf->count++] = profile;
        else
            profile_free(profile);
    }
    free(entries);
}

/* The parameter table: the user's own if there is one, else the shipped one. */
static struct parameters *find_parameters(const char *dir, struct conf_faults *faults)
{
    char path[600];

    snprintf(path, sizeof path, "%s/parameters.conf", dir);
    if (access(path, F_OK) != 0 && !settings_data_path("config/parameters.conf", path, sizeof path))
        return NULL;
    return parameters_load(path, faults);
}

struct shelf *shelf_open(const char *dir, struct conf_faults *faults)
{
    struct shelf *shelf = calloc(1, sizeof *shelf);
    char folder[600];

    if (shelf != NULL)
        shelf->parameters = find_parameters(dir, faults);
    if (shelf == NULL || shelf->parameters == NULL) {
        free(shelf);
        return NULL;
    }
    snprintf(folder, sizeof folder, "%s/profiles", dir);
    fill(shelf, folder, faults);
    if (settings_data_path("drivers/profiles", folder, sizeof folder))
        fill(shelf, folder, faults);
    return shelf;
}

void shelf_close(struct shelf *shelf)
{
    if (shelf == NULL)
        return;
    for (size_t i = 0; i < shelf->count; i++)
        profile_free(shelf->profiles[i]);
    parameters_free(shelf->parameters);
    free(shelf);
}

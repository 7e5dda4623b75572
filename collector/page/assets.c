#include "page/assets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/gzip.h"
#include "base/say.h"

#define FOLDER "/app/"

const struct asset *asset_find(const char *name)
{
    for (const struct asset *asset = assets; asset->name != NULL; asset++)
        if (strcmp(asset->name, name) == 0)
            return asset;
    return NULL;
}

/* The asset of an address; NULL: there is none (any more). */
static const struct asset *asset_at(const char *path)
{
    size_t digest = strlen(assets_digest);

    if (strcmp(path, "/") == 0)
        return asset_find("index.html");
    path += strlen(FOLDER);
    if (strncmp(path, assets_digest, digest) != 0 || path[digest] != '/')
        return NULL;
    return asset_find(path + digest + 1);
}

/* Browsers all take gzip; who does not, as curl does unless asked, gets it unpacked. */
static void give(const struct http_request *request, const struct asset *asset,
                 struct http_answer *answer)
{
    answer->type = asset->type;
    if (http_takes_gzip(request)) {
        answer->fixed = asset->packed;
        answer->size = asset->packed_size;
        answer->is_gzip = true;
        return;
    }
    answer->bytes = malloc(asset->size + 1);
    answer->size = asset->size;
    if (answer->bytes == NULL ||
        !gzip_open(asset->packed, asset->packed_size, answer->bytes, asset->size)) {
        struct error err = {0};

        error_set(&err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        answer_end(answer);
        answer_refuse(answer, &err);
    }
}

bool assets_answer(const struct http_request *request, struct http_answer *answer)
{
    const struct asset *asset;
    struct error err = {0};

    if (strcmp(request->path, "/") != 0 && strncmp(request->path, FOLDER, strlen(FOLDER)) != 0)
        return false;
    if (request->method != METHOD_GET && request->method != METHOD_HEAD) {
        answer_wrong_method(answer, 1u << METHOD_GET);
        return true;
    }
    asset = asset_at(request->path);
    if (asset == NULL) {
        error_set(
            &err, ERROR_NOT_FOUND, "%s",
            SAY("没有这个文件；请重新加载页面", "there is no such file; load the page again"));
        answer_refuse(answer, &err);
        answer->no_store = true;
        return true;
    }
    give(request, asset, answer);
    if (answer->status == 200) {
        snprintf(answer->etag, sizeof answer->etag, "\"%s\"", assets_digest);
        answer->lasting = asset != asset_find("index.html");
    }
    return true;
}

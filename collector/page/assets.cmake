# What a browser is given stands in collector/page/web and in Debian's package of dygraphs; a small
# program packs it into a table whenever a file of it changes.
find_file(DYGRAPHS dygraph.min.js PATHS /usr/share/javascript/dygraphs NO_DEFAULT_PATH REQUIRED)
file(GLOB_RECURSE page_files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/collector/page/web
    ${PROJECT_SOURCE_DIR}/collector/page/web/*)
list(SORT page_files)

set(page_named dygraph.js=${DYGRAPHS})
set(page_paths ${DYGRAPHS})
foreach(file ${page_files})
    list(APPEND page_named ${file}=${PROJECT_SOURCE_DIR}/collector/page/web/${file})
    list(APPEND page_paths ${PROJECT_SOURCE_DIR}/collector/page/web/${file})
endforeach()

add_executable(page_pack collector/page/pack/main.c)
target_link_libraries(page_pack base PkgConfig::CRYPTO)
target_include_directories(page_pack PRIVATE ${PROJECT_SOURCE_DIR}/collector)
set(page_packed ${PROJECT_BINARY_DIR}/embedded/assets.c)
add_custom_command(OUTPUT ${page_packed} COMMAND page_pack ${page_packed} ${page_named}
    DEPENDS page_pack ${page_paths} VERBATIM)
target_sources(page PRIVATE ${page_packed})

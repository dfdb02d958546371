# The time that everything made from this tree bears, so that two builds are the same bytes:
# SOURCE_DATE_EPOCH where it is set, else the last commit's, else that of the topmost CMakeLists.txt,
# which an archive of a release sets to the commit's too.
#
# Result: TSB_EPOCH (seconds), TSB_DATE (2026-11-23), TSB_CHANGELOG_DATE (as changelogs have it).
if(DEFINED ENV{SOURCE_DATE_EPOCH})
    set(TSB_EPOCH $ENV{SOURCE_DATE_EPOCH})
else()
    execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} log -1 --format=%ct
        OUTPUT_VARIABLE TSB_EPOCH OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT TSB_EPOCH MATCHES "^[0-9]+$")
        file(TIMESTAMP ${CMAKE_SOURCE_DIR}/CMakeLists.txt TSB_EPOCH %s UTC)
    endif()
    # string(TIMESTAMP) goes by it.
    set(ENV{SOURCE_DATE_EPOCH} ${TSB_EPOCH})
endif()
string(TIMESTAMP TSB_DATE %Y-%m-%d UTC)
string(TIMESTAMP TSB_CHANGELOG_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)

// The rules applied to this project.
#include "tests/support/catch.hpp"
#include "tests/tidy/rules.hpp"

namespace tsb::tidy {
namespace {

const Files& project() {
    static const Files files = load_project(TSB_SOURCE_DIR);
    return files;
}

void require_none(const Violations& violations) {
    for (const Violation& violation : violations) {
        FAIL_CHECK(violation.path << ":" << violation.line << ": " << violation.text);
    }
    SUCCEED();
}

}  // namespace

TEST_CASE("the project was found") {
    std::size_t product = 0;
    for (const SourceFile& file : project()) product += file.is_product() && file.is_cpp() ? 1 : 0;
    CHECK(product > 50);
}

TEST_CASE("modules include only downward") {
    require_none(upward_includes(project()));
}
TEST_CASE("libraries stay in their modules") {
    require_none(strayed_libraries(project()));
}
TEST_CASE("no file is longer than 400 lines") {
    require_none(long_files(project()));
}
TEST_CASE("no function is longer than 70 lines") {
    require_none(long_functions(project()));
}
TEST_CASE("nothing stands beside co_await that g++ 12 destroys twice") {
    require_none(temporaries_beside_await(project()));
}
TEST_CASE("nothing is marked as unfinished") {
    require_none(unfinished_marks(project()));
}
TEST_CASE("no path of one machine is written down") {
    require_none(machine_paths(project()));
}
TEST_CASE("the WAL reset program is never run") {
    require_none(wal_resets(project()));
}
TEST_CASE("backup_label and tablespace_map are never removed") {
    require_none(label_removals(project()));
}

}  // namespace tsb::tidy

// What a completion script is given of the daemon's answers.
#include "daemon/ctl/completions.hpp"
#include "tests/support/catch.hpp"

namespace tsb {

TEST_CASE("names come newest first, one a line") {
    const Json listed = Json::parse(R"({"backups":[{"backup_id":"a_1"},{"backup_id":"a_2"}]})");
    CHECK(names_in(listed, "backups") == "a_2\na_1\n");
    CHECK(names_in(Json::parse(R"({"clusters":[{"cluster":"main-1.x"}]})"), "clusters") ==
          "main-1.x\n");
    CHECK(names_in(Json::parse(R"({"jobs":[{"job":"b-1"}]})"), "jobs") == "b-1\n");
}

TEST_CASE("no name is printed that drives a terminal or that a shell would have to quote") {
    for (const char* name : {"a b", "a\x1b[2J", "a\nb", "$(id)", "`id`", "a'b", "a;b", "a*",
                             "--yes", "", "\xc2\x9b", "~root", "a/b"}) {
        CAPTURE(name);
        Json jobs = Json::parse(R"({"jobs":[{"job":"b-1"},{"job":""}]})");
        jobs["jobs"][1]["job"] = name;
        CHECK(names_in(jobs, "jobs") == "b-1\n");
    }
}

TEST_CASE("an answer that is not as it should be has no names") {
    for (const char* text :
         {"null", "[]", "{}", R"({"jobs":7})", R"({"jobs":{"job":"b-1"}})", R"({"jobs":[7,null]})",
          R"({"jobs":[{"job":7}]})", R"({"jobs":[{"name":"b-1"}]})"}) {
        CAPTURE(text);
        CHECK(names_in(Json::parse(text), "jobs").empty());
    }
    CHECK(names_in(Json::parse(R"({"verbs":[{"verb":"list"}]})"), "verbs").empty());
}

}  // namespace tsb

#include "daemon/ctl/command_line.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"

using namespace tsb;
using tsb::test::contains;

namespace {

ProgramSpec program() {
    ProgramSpec spec;
    spec.name = "prog";
    spec.globals = {{"socket", "PATH", ""},
                    {"json", "", "", OptionUse::with_command},
                    {"look", "", "", OptionUse::without_command}};
    for (const VerbSpec& verb : verb_specs()) spec.verbs.push_back(&verb);
    return spec;
}

CommandLine parse(const std::vector<std::string>& words) {
    return parse_command_line(program(), words);
}

ErrorCode code_of(const std::vector<std::string>& words) {
    try {
        parse(words);
    } catch (const Error& error) {
        return error.code();
    }
    FAIL("accepted");
    return ErrorCode::internal;
}

}  // namespace

TEST_CASE("a verb's options become the arguments of its request") {
    const CommandLine line = parse({"restore", "latest", "--target", "/srv/new", "--tablespace-map",
                                    "/a=/b", "--tablespace-map=/c=/d", "--any-version"});
    REQUIRE(line.verb != nullptr);
    CHECK(line.verb->name == "restore");
    CHECK(line.args == Json({{"backup", "latest"},
                             {"target", "/srv/new"},
                             {"tablespace-map", {"/a=/b", "/c=/d"}},
                             {"any-version", true}}));
}

TEST_CASE("latest-before takes its date and time with it") {
    const auto backup = [](const std::vector<std::string>& words) {
        return parse(words).args.at("backup").get<std::string>();
    };
    const std::string wanted = "latest-before 2026-11-23 14:05";
    CHECK(backup({"restore", "latest-before", "2026-11-23", "14:05", "--target", "/t"}) == wanted);
    CHECK(backup({"restore", "--target", "/t", "latest-before", "2026-11-23", "14:05"}) == wanted);
    CHECK(backup({"show", wanted}) == wanted);
    CHECK(backup({"verify", "latest-before", "2026-11-23"}) == "latest-before 2026-11-23");
    CHECK(backup({"show", "latest-before"}) == "latest-before");
    CHECK(backup({"restore", "--plan", "latest-before", "2026-11-23", "--target", "/t"}) ==
          "latest-before 2026-11-23");
    CHECK(code_of({"show", "latest-before", "2026-11-23", "14:05", "CET"}) == ErrorCode::usage);
    CHECK(code_of({"show", "latest-before", "yesterday"}) == ErrorCode::usage);
}

TEST_CASE("global options may stand before or after the verb") {
    const CommandLine before = parse({"--socket", "/s", "--json", "list", "main"});
    const CommandLine after = parse({"list", "main", "--json", "--socket=/s"});
    for (const CommandLine& line : {before, after}) {
        CHECK(line.verb->name == "list");
        CHECK(line.args == Json({{"cluster", "main"}}));
        CHECK(line.values.at("socket") == "/s");
        CHECK(line.has("json"));
    }
}

TEST_CASE("flags of the client alone are not sent") {
    const CommandLine line = parse({"backup", "--no-progress", "--cancel-on-exit", "--detach"});
    CHECK(line.args == Json({{"detach", true}}));
    CHECK(line.has("no-progress"));
    CHECK(line.has("cancel-on-exit"));
}

TEST_CASE("a relative target is meant where the client stands") {
    const CommandLine line = parse({"restore", "latest", "--target", "new/../other"});
    const auto expected = std::filesystem::current_path() / "other";
    CHECK(line.args["target"] == expected.string());
}

TEST_CASE("a target is not changed but for being absolute and without dots") {
    for (const auto& [given, meant] : std::map<std::string, std::string>{
             {"/srv/new", "/srv/new"}, {"/srv//a/../new/", "/srv/new/"}, {"/", "/"}}) {
        CHECK(parse({"restore", "latest", "--target", given}).args["target"] == meant);
    }
}

TEST_CASE("empty values are usage errors, not values that were left out") {
    const auto words = GENERATE(
        std::vector<std::string>{"verify", ""}, std::vector<std::string>{"list", ""},
        std::vector<std::string>{"backup", "--compress", ""},
        std::vector<std::string>{"backup", "--compress="},
        std::vector<std::string>{"backup", "--label", ""},
        std::vector<std::string>{"restore", "latest", "--target", ""},
        std::vector<std::string>{"restore", "latest", "--target", "/x", "--owner", ""},
        std::vector<std::string>{"restore", "latest", "--target", "/x", "--tablespace-map", ""},
        std::vector<std::string>{"list", "--socket", ""}, std::vector<std::string>{""});
    CAPTURE(words);
    CHECK(code_of(words) == ErrorCode::usage);
}

TEST_CASE("text that JSON cannot carry is refused, not changed") {
    CHECK(code_of({"restore", "latest", "--target", "/srv/caf\xe9"}) == ErrorCode::usage);
    CHECK(code_of({"backup", "--label", "caf\xe9"}) == ErrorCode::usage);
    CHECK(parse({"backup", "--label", "caf\xc3\xa9"}).args["label"] == "caf\xc3\xa9");
}

TEST_CASE("an option without a meaning where it stands is refused") {
    CHECK(code_of({"--json"}) == ErrorCode::usage);
    CHECK(code_of({"--look", "list"}) == ErrorCode::usage);
    CHECK(code_of({"list", "--look"}) == ErrorCode::usage);
    CHECK(parse({"--look"}).has("look"));
    CHECK(parse({"--json", "--help"}).has("help"));
}

TEST_CASE("wrong command lines are usage errors") {
    const auto words = GENERATE(
        std::vector<std::string>{"bakup"}, std::vector<std::string>{"backup", "--sockt", "x"},
        std::vector<std::string>{"backup", "a", "b"}, std::vector<std::string>{"delete"},
        std::vector<std::string>{"backup", "--label"}, std::vector<std::string>{"list", "--all"},
        std::vector<std::string>{"backup", "--comp", "3"},
        std::vector<std::string>{"backup", "--label", std::string(5000, 'x')});
    CHECK(code_of(words) == ErrorCode::usage);
}

TEST_CASE("a wrong verb is answered with the nearest one") {
    try {
        parse({"stauts"});
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.hint() == "did you mean 'status'?");
    }
}

TEST_CASE("help needs nothing else") {
    CHECK(parse({"--help"}).has("help"));
    CHECK(parse({"restore", "--help"}).has("help"));
    CHECK(parse({}).verb == nullptr);
}

TEST_CASE("help can be asked for as people do") {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"-h"}, std::vector<std::string>{"help"}}) {
        CHECK(parse(words).has("help"));
        CHECK(parse(words).verb == nullptr);
    }
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"restore", "-h"}, std::vector<std::string>{"help", "restore"}}) {
        CHECK(parse(words).has("help"));
        CHECK(parse(words).verb == find_verb("restore"));
    }
    CHECK(code_of({"help", "nonsense"}) == ErrorCode::usage);
}

TEST_CASE("messages about a verb are English") {
    try {
        check_args(*find_verb("backup"), {{"compress", ""}});
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.what() == std::string("cannot back up: argument 'compress' is empty"));
    }
    CHECK(words_for(*find_verb("restore")) == "restore");
}

TEST_CASE("help names every verb, and a verb's help every option of it") {
    for (const VerbSpec& verb : verb_specs()) {
        CHECK(contains(program_help(program()), "  " + std::string(verb.name) + " "));
        for (const ArgSpec& arg : verb.args) {
            CHECK(contains(verb_help(program(), verb), "--" + std::string(arg.name) + " "));
        }
    }
    CHECK(contains(verb_help(program(), *find_verb("show")), "usage: prog show BACKUP [OPTIONS]"));
    CHECK(contains(verb_help(program(), *find_verb("check")), "usage: prog check [CLUSTER]\n"));
}

TEST_CASE("arguments of the wrong type are refused by the daemon too") {
    const VerbSpec& restore = *find_verb("restore");
    const Json good = {{"backup", "latest"}};
    CHECK_NOTHROW(check_args(restore, good));
    const auto wrong = GENERATE(
        Json({{"target", "relative"}}), Json({{"target", 7}}), Json({{"any-version", "yes"}}),
        Json({{"tablespace-map", "/a=/b"}}), Json({{"tablespace-map", {1, 2}}}),
        Json({{"owner", std::string(4097, 'x')}}), Json({{"owner", std::string("a\0b", 3)}}),
        Json({{"no-progress", true}}), Json({{"conninfo", "host=x"}}), Json({{"target", ""}}),
        Json({{"owner", ""}}), Json({{"cluster", ""}}), Json({{"tablespace-map", {"/a=/b", ""}}}),
        Json({{"target", "/caf\xe9"}}), Json({{"backup", ""}}),
        Json({{"tablespace-map", std::vector<std::string>(257, "/a=/b")}}));
    Json args = good;
    args.update(wrong);
    CHECK_THROWS_AS(check_args(restore, args), Error);
    CHECK_THROWS_AS(check_args(*find_verb("delete"), Json::object()), Error);
}

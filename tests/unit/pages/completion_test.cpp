// What bash, zsh and fish offer by the produced scripts is what the tables say. What only a daemon
// knows is in the integration tests.
#include <algorithm>
#include <set>

#include "daemon/ctl/programs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell_completion.hpp"
#include "tests/support/temp_dir.hpp"

namespace tsb {
namespace {

using test::Arguments;
using test::Shell;
using Set = std::set<std::string>;

constexpr std::array shells = {Shell::bash, Shell::zsh, Shell::fish};

std::vector<Set> offered(Shell shell, const std::vector<Arguments>& lines) {
    std::vector<Set> sets;
    for (const auto& words : test::offers(shell, TSB_PAGES_DIR, lines)) {
        Set& set = sets.emplace_back();
        // A person sees "--format=" and "--format" alike.
        for (std::string word : words) {
            if (word.ends_with('=')) word.pop_back();
            set.insert(word);
        }
    }
    return sets;
}

Set verbs_of(const ProgramSpec& program) {
    Set verbs = {"help"};
    for (const VerbSpec* verb : program.verbs) verbs.emplace(verb->name);
    return verbs;
}

/// Of the verb and those beside it, less those that take no command: a shell may offer them.
Set options_of(const ProgramSpec& program, const VerbSpec& verb) {
    Set options;
    for (const ArgSpec& arg : verb.args) options.insert("--" + std::string(arg.name));
    for (const GlobalOption& option : shown_globals(program)) {
        if (option.use != OptionUse::without_command) options.insert("--" + option.name);
    }
    return options;
}

Set without_lonely(const ProgramSpec& program, Set options) {
    for (const GlobalOption& option : program.globals) {
        if (option.use == OptionUse::without_command) options.erase("--" + option.name);
    }
    return options;
}

std::vector<ProgramSpec> programs() {
    return {client_program(), daemon_program()};
}

}  // namespace

TEST_CASE("a shell offers the verbs, and to help too") {
    for (const Shell shell : shells) {
        for (const ProgramSpec& program : programs()) {
            CAPTURE(static_cast<int>(shell), program.name);
            const auto sets = offered(shell, {{program.name, ""}, {program.name, "re"}});
            CHECK(sets[0] == verbs_of(program));
            Set with_re;
            for (const std::string& verb : verbs_of(program)) {
                if (verb.starts_with("re")) with_re.insert(verb);
            }
            CHECK(sets[1] == with_re);
        }
    }
}

TEST_CASE("a shell offers the options of each verb, and no other") {
    for (const Shell shell : shells) {
        for (const ProgramSpec& program : programs()) {
            std::vector<Arguments> lines;
            for (const VerbSpec* verb : program.verbs) {
                lines.push_back({program.name, std::string(verb->name), "--"});
            }
            const auto sets = offered(shell, lines);
            for (std::size_t i = 0; i < lines.size(); ++i) {
                CAPTURE(static_cast<int>(shell), program.name, lines[i][1]);
                CHECK(without_lonely(program, sets[i]) == options_of(program, *program.verbs[i]));
            }
        }
    }
}

TEST_CASE("a shell offers the global options before a verb, and none that only scripts use") {
    for (const Shell shell : shells) {
        for (const ProgramSpec& program : programs()) {
            CAPTURE(static_cast<int>(shell), program.name);
            Set expected;
            for (const GlobalOption& option : shown_globals(program)) {
                expected.insert("--" + option.name);
            }
            CHECK(offered(shell, {{program.name, "--"}})[0] == expected);
        }
    }
}

TEST_CASE("a shell offers the words that an option takes") {
    for (const Shell shell : shells) {
        CAPTURE(static_cast<int>(shell));
        const auto sets = offered(shell, {{"tsbackupctl", "backup", "--format", ""},
                                          {"tsbackupctl", "backup", "main", "--checkpoint", "s"},
                                          {"tsbackupd", "backup", "--compress", ""},
                                          {"tsbackupctl", "backup", "--label", ""}});
        CHECK(sets[0] == Set{"tar", "plain"});
        CHECK(sets[1] == Set{"spread"});
        CHECK(sets[2] == Set{"gzip", "zstd", "lz4", "none"});
        CHECK(sets[3].empty());
    }
}

TEST_CASE("bash, which cuts at '=', offers the words of --option=VALUE") {
    const auto sets = offered(
        Shell::bash, {{"tsbackupctl", "backup", "--format", "="},
                      {"tsbackupctl", "backup", "--format", "=", "t"},
                      {"tsbackupctl", "backup", "--format", "=", "tar", "--checkpoint", "f"}});
    CHECK(sets[0] == Set{"tar", "plain"});
    CHECK(sets[1] == Set{"tar"});
    CHECK(sets[2] == Set{"fast"});
}

TEST_CASE("a shell offers files and directories where a path is meant") {
    const test::TempDir place;
    const std::string at = place.path().string() + "/";
    test::write_file(at + "file.yaml", "");
    std::filesystem::create_directory(at + "folder");
    for (const Shell shell : shells) {
        CAPTURE(static_cast<int>(shell));
        const auto sets = offered(shell, {{"tsbackupctl", "restore", "--target", at},
                                          {"tsbackupd", "--config", at + "fi"}});
        REQUIRE(sets[0].size() == 1);
        CHECK(test::contains(*sets[0].begin(), "folder"));
        REQUIRE(sets[1].size() == 1);
        CHECK(test::contains(*sets[1].begin(), "file.yaml"));
    }
}

}  // namespace tsb

// The produced manual pages say what the tables say: every row, and no other.
#include <set>

#include "config/options.hpp"
#include "core/base/exit_status.hpp"
#include "daemon/ctl/programs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/pages/man_text.hpp"

namespace tsb {
namespace {

using test::ManSection;
using test::ManText;

struct Page {
    std::string name;
    ProgramSpec program;
};

std::vector<Page> program_pages() {
    return {{"tsbackupctl.1", client_program()}, {"tsbackupd.8", daemon_program()}};
}

std::string tag_of(std::string_view option, std::string_view placeholder) {
    std::string tag = "--" + std::string(option);
    return placeholder.empty() ? tag : tag + " " + std::string(placeholder);
}

std::string as_key(std::string_view path) {
    std::string key(path);
    const std::size_t star = key.find('*');
    return star == std::string::npos ? key : key.replace(star, 1, "NAME");
}

}  // namespace

TEST_CASE("a page has every command and every option of it, with its help, and no other") {
    for (const Page& page : program_pages()) {
        const ManText text = test::read_man_page(page.name);
        std::set<std::string> commands;
        for (const VerbSpec* verb : page.program.verbs) {
            const std::string usage = verb_usage(*verb);
            CAPTURE(page.name, usage);
            commands.insert(usage);
            REQUIRE(text.sections.contains(usage));
            const ManSection& section = text.sections.at(usage);
            CHECK(test::contains(section.lead, std::string(verb->summary)));
            CHECK(section.tags.size() == verb->args.size());
            for (const ArgSpec& arg : verb->args) {
                const auto found = section.tags.find(tag_of(arg.name, arg.placeholder));
                CAPTURE(arg.name);
                REQUIRE(found != section.tags.end());
                CHECK(test::contains(found->second, std::string(arg.help)));
            }
        }
        for (const auto& [title, section] : text.sections) {
            const bool is_command = title.find_first_of("abcdefghijklmnopqrstuvwxyz") == 0;
            CAPTURE(page.name, title);
            CHECK((!is_command || commands.contains(title)));
        }
    }
}

TEST_CASE("a page has every global option that --help tells of, and no other") {
    for (const Page& page : program_pages()) {
        const ManSection options = test::read_man_page(page.name).sections.at("OPTIONS");
        const auto shown = shown_globals(page.program);
        CHECK(options.tags.size() == shown.size());
        for (const GlobalOption& option : shown) {
            const auto found = options.tags.find(tag_of(option.name, option.placeholder));
            CAPTURE(page.name, option.name);
            REQUIRE(found != options.tags.end());
            CHECK(test::contains(found->second, option.help));
            CHECK(test::contains(program_help(page.program), option.help));
        }
        CHECK_FALSE(test::contains(program_help(page.program), "--complete"));
    }
}

TEST_CASE("a page has every exit code with the errors that give it, and no other") {
    for (const Page& page : program_pages()) {
        const ManSection codes = test::read_man_page(page.name).sections.at("EXIT STATUS");
        CHECK(codes.tags.size() == exit_statuses().size());
        for (const ErrorKind& kind : error_kinds()) {
            CAPTURE(page.name, kind.name);
            const auto found = codes.tags.find(std::to_string(kind.exit_code));
            REQUIRE(found != codes.tags.end());
            CHECK(test::contains(found->second, std::string(kind.name)));
        }
        for (const ExitStatus& status : exit_statuses()) {
            CHECK(test::contains(codes.tags.at(std::to_string(status.code)),
                                 std::string(status.meaning)));
        }
    }
}

TEST_CASE("the page of the configuration has every key, and no other") {
    const ManSection keys = test::read_man_page("tsbackup.yaml.5").sections.at("KEYS");
    CHECK(keys.tags.size() == options().size());
    for (const Option& option : options()) {
        CAPTURE(option.path);
        const auto found = keys.tags.find(as_key(option.path));
        REQUIRE(found != keys.tags.end());
        CHECK(test::contains(found->second, std::string(option.description)));
        CHECK(test::contains(found->second, std::string(option.type)));
        CHECK(test::contains(found->second, std::string(option.fallback)));
        CHECK(option.required == test::contains(found->second, "Required."));
    }
}

TEST_CASE("groff and mandoc have nothing against a page") {
    for (const char* name : {"tsbackupctl.1", "tsbackupd.8", "tsbackup.yaml.5"}) {
        const std::string file = std::string(TSB_PAGES_DIR) + "/" + name;
        const auto formatted = test::run({"groff", "-man", "-Tutf8", "-ww", "-z", file});
        CHECK(formatted.status == 0);
        CHECK(formatted.err.empty());
        const auto linted = test::run({"mandoc", "-T", "lint", "-W", "warning", file});
        INFO(linted.out + linted.err);
        CHECK(linted.status == 0);
    }
}

}  // namespace tsb

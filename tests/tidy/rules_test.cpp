// Each rule on small samples: it must find what is bad and let what is good pass.
#include "tests/tidy/rules.hpp"
#include "tests/support/catch.hpp"

namespace tsb::tidy {
namespace {

using Rule = Violations (*)(const Files&);

std::size_t count(Rule rule, const std::string& path, const std::string& text) {
    return rule({SourceFile{path, text}}).size();
}

std::string lines(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "x;\n";
    return text;
}

std::string include(const std::string& path) {
    return "#include \"" + path + "\"\n";
}

const std::string reset =
    "pg_reset"
    "wal";

}  // namespace

TEST_CASE("blanking leaves code, lines and offsets where they were") {
    const std::string text = "a; // b\n\"c//\"; /* d\n */ '\"' 10'000 R\"x(\"y)x\" e";
    CHECK(code_of(text, Literals::blank) == "a;     \n     ;     \n        10'000 R         e");
    CHECK(code_of(text, Literals::keep) ==
          "a;     \n\"c//\";     \n    '\"' 10'000 R\"x(\"y)x\" e");
}

TEST_CASE("includes that go upward or nowhere are found") {
    const auto bad = [](const std::string& path, const std::string& included) {
        const Violations found = upward_includes({{path, "\n" + include(included)}});
        return found.size() == 1 && found[0].line == 2;
    };
    CHECK(bad("core/base/a.cpp", "core/io/b.hpp"));
    CHECK(bad("core/io/a.hpp", "core/pg/b.hpp"));
    CHECK(bad("core/pg/a.hpp", "core/repo/b.hpp"));
    CHECK(bad("core/repo/a.hpp", "core/ops/b.hpp"));
    CHECK(bad("core/ops/a.hpp", "config/config.hpp"));
    CHECK(bad("config/a.hpp", "daemon/wire.hpp"));
    CHECK(bad("daemon/wire.cpp", "core/io/b.hpp"));
    CHECK(bad("daemon/verb_spec.cpp", "config/config.hpp"));
    CHECK(bad("daemon/ctl/a.cpp", "core/repo/b.hpp"));
    CHECK(bad("daemon/ctl/a.cpp", "daemon/app.hpp"));
    CHECK(bad("daemon/a.cpp", "tests/support/b.hpp"));
    CHECK(bad("core/base/a.cpp", "b.hpp"));
    CHECK(bad("core/base/a.cpp", "../base/b.hpp"));
}

TEST_CASE("includes that go downward pass") {
    const auto good = [](const std::string& path, const std::string& included) {
        return count(upward_includes, path, include(included)) == 0;
    };
    CHECK(good("core/base/a.cpp", "core/base/b.hpp"));
    CHECK(good("core/ops/a.cpp", "core/pg/b.hpp"));
    CHECK(good("config/a.cpp", "core/repo/b.hpp"));
    CHECK(good("daemon/a.cpp", "config/config.hpp"));
    CHECK(good("daemon/ctl/a.cpp", "daemon/wire.hpp"));
    CHECK(good("daemon/ctl/a.cpp", "core/base/b.hpp"));
    CHECK(good("tests/unit/a.cpp", "daemon/app.hpp"));
    CHECK(count(upward_includes, "core/base/a.cpp", "// " + include("core/io/b.hpp")) == 0);
}

TEST_CASE("a library outside of its home is found") {
    CHECK(count(strayed_libraries, "core/ops/a.cpp", "#include <libpq-fe.h>\n") == 1);
    CHECK(count(strayed_libraries, "core/repo/a.hpp", "#include <libpq-fe.h>\n") == 1);
    CHECK(count(strayed_libraries, "core/pg/libpq_session.cpp", "#include <libpq-fe.h>\n") == 0);
    CHECK(count(strayed_libraries, "daemon/a.cpp", "#include <yaml-cpp/yaml.h>\n") == 1);
    CHECK(count(strayed_libraries, "core/repo/a.cpp", "#include <archive.h>\n") == 1);
    CHECK(count(strayed_libraries, "daemon/app.cpp", "#include <curl/curl.h>\n") == 1);
    CHECK(count(strayed_libraries, "daemon/notify/a.cpp", "#include <curl/curl.h>\n") == 0);
}

TEST_CASE("a file of more than 400 lines is found") {
    CHECK(count(long_files, "core/base/a.cpp", lines(401)) == 1);
    CHECK(count(long_files, "tests/integration/a.sh", lines(401)) == 1);
    CHECK(count(long_files, "core/base/a.cpp", lines(400)) == 0);
    CHECK(count(long_files, "core/base/notes.md", lines(401)) == 0);
}

TEST_CASE("a function of more than 70 lines is found, of any kind") {
    const auto with_body = [](const std::string& head, std::size_t body) {
        return count(long_functions, "core/base/a.cpp",
                     "namespace a {\n#define X {\n" + head + " {\n" + lines(body) + "}\n}\n");
    };
    for (const char* head : {"int f(int a)", "template <class T>\nvoid f()", "Foo::Foo() : a_{1}",
                             "struct B {\nvoid f() const", "void f() { if (a) {} }\nvoid g()"}) {
        CAPTURE(head);
        CHECK(with_body(head, 70) == 1);
        CHECK(with_body(head, 66) == 0);
    }
    CHECK(with_body("struct Table", 200) == 0);
    CHECK(with_body("TEST_CASE(\"a\")", 200) == 0);
    CHECK(with_body("enum class Kind", 200) == 0);
    CHECK(with_body("const int table[] =", 200) == 0);
}

TEST_CASE("what g++ 12 destroys twice is found beside co_await") {
    const auto bad = [](const std::string& statement) {
        return count(temporaries_beside_await, "core/ops/a.cpp",
                     "Task f() {\n    g();\n    " + statement + "\n}\n") == 1;
    };
    CHECK(bad("co_await f(Options{.label = s});"));
    CHECK(bad("co_await f(Options{});"));
    CHECK(bad("auto x = co_await f(a, tsb::Options {a});"));
    CHECK(bad("g(Options{a}, co_await f());"));
    CHECK(bad("auto x = Pair{co_await f(), a};"));
    CHECK(bad("co_await f({a, b});"));
    CHECK(bad("co_await f(a, {b});"));
    CHECK(bad("co_await f(std::vector<int>{1});"));
    CHECK(bad("co_await g([s] { use(s); });"));
    CHECK(bad("co_await g([&a, s = std::move(s)]() mutable { use(s); });"));
    CHECK(bad("co_await g([=](int x) { use(x); });"));
    CHECK(bad("if (co_await f(Options{})) {\n}"));
    CHECK(bad("co_return co_await f(a ? Options{} : b);"));
    CHECK(bad("co_await g([&] { use(); }, Options{});"));
    CHECK(bad("co_await g([&]() -> Task { co_await f(Options{}); });"));
}

TEST_CASE("what g++ 12 compiles well beside co_await passes") {
    const auto good = [](const std::string& statements) {
        return count(temporaries_beside_await, "core/ops/a.cpp",
                     "Task f() {\n    " + statements + "\n}\n") == 0;
    };
    CHECK(good("co_await f(std::move(options), std::string(\"{a}\"));"));
    CHECK(good("Options options{.label = s};\n    co_await f(options);"));
    CHECK(good("co_await g([&] { use(a); });"));
    CHECK(good("co_await g([&a, this](int x) -> int { return Pair{a, x}.a; });"));
    CHECK(good("co_await g([] { use(Options{}); });"));
    CHECK(good("if (co_await f(a)) {\n g(Options{});\n }"));
    CHECK(good("if (auto x = co_await f(); x) { g({a}); }"));
    CHECK(good("for (auto& x : co_await f(a[0])) { g({x}); }"));
    CHECK(good("g([s](int a) -> Task<int> { co_await f(s); });"));
    CHECK(good("g([s]() -> Task { co_return co_await f(s); });"));
    CHECK(good("try { co_await f(); } catch (...) { g({}); }\n co_await f();"));
    CHECK(good("x.push_back({a}); co_await f(); g({a}); // co_await f({a})"));
    CHECK(good("do { co_await f(); } while (a); switch (a) { case A::b: co_await f(); }"));
}

TEST_CASE("marks of unfinished work are found in any file") {
    CHECK(count(unfinished_marks, "core/base/a.cpp",
                "x; // TO"
                "DO: y\n") == 1);
    CHECK(count(unfinished_marks, "README.md",
                "FIX"
                "ME\n") == 1);
    CHECK(count(unfinished_marks, "core/base/a.cpp",
                "int TO"
                "DOS;\n") == 0);
}

TEST_CASE("paths of one machine are found in any file") {
    CHECK(count(machine_paths, "Makefile",
                "cd /wo"
                "rk/main\n") == 1);
    CHECK(count(machine_paths, "core/base/a.cpp",
                "\"/fa"
                "rm/x\"\n") == 1);
    CHECK(count(machine_paths, "README.md",
                "/srv/wo"
                "rk/x\n") == 0);
}

TEST_CASE("running the WAL reset program is found, speaking of it is not") {
    CHECK(count(wal_resets, "core/ops/a.cpp", "run({\"" + reset + "\", \"-f\"});\n") == 1);
    CHECK(count(wal_resets, "core/ops/a.cpp", "run(\"/usr/bin/" + reset + " -f\");\n") == 1);
    CHECK(count(wal_resets, "core/ops/a.cpp", "note = \"never run " + reset + " here\";\n") == 0);
    CHECK(count(wal_resets, "core/ops/a.cpp", "// \"" + reset + "\"\n") == 0);
    CHECK(count(wal_resets, "tests/a.sh", "#!/bin/sh\n" + reset + " -f $dir\n") == 1);
    CHECK(count(wal_resets, "tests/a.sh", "#!/bin/sh\ntrue && $bin/" + reset + " -f x\n") == 1);
    CHECK(count(wal_resets, "tests/a.sh", "#!/bin/sh\nas_postgres " + reset + " -f x\n") == 1);
    CHECK(count(wal_resets, "tests/a.sh", "#!/bin/sh\n# " + reset + " -f\n") == 0);
    CHECK(count(wal_resets, "README.md", reset + " -f\n") == 0);
}

TEST_CASE("removing the label or the map is found, keeping or retiring them is not") {
    const auto removals = [](const std::string& statement) {
        return count(label_removals, "core/ops/a.cpp", "f();\n" + statement + "\n");
    };
    CHECK(removals("fs.remove_file(dir, \"backup_label\");") == 1);
    CHECK(removals("unlinkat(dir, names::tablespace_map, 0);") == 1);
    CHECK(removals("std::filesystem::remove(path / \"backup_label\");") == 1);
    CHECK(removals("fs.rename(dir, \"backup_label\", dir, \"x\", mode);") == 1);
    CHECK(removals("fs.remove_file(dir, \"backup_label.old\");") == 0);
    CHECK(removals("fs.create_file(dir, \"tablespace_map\", 0600); fs.remove_file(dir, x);") == 0);
    CHECK(removals("// fs.remove_file(dir, \"backup_label\");") == 0);
    CHECK(count(label_removals, "tests/a.cpp", "remove(\"backup_label\");\n") == 0);
}

}  // namespace tsb::tidy

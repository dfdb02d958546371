#include "tests/integration/browser.hpp"

#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "daemon/ctl/report_files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/scratch.hpp"

namespace tsb::test {

namespace {

constexpr const char* nonce = "0123456789abcdef";

}  // namespace

bool have_browser() {
    static const bool found = run({"sh", "-c", "command -v chromium"}).status == 0;
    if (found) return true;
    const char* const ci = std::getenv("CI");
    if (ci != nullptr && std::string(ci) == "true") throw std::runtime_error("no chromium");
    std::cerr << "NOT TESTED: there is no chromium, so no page of a report was looked at\n";
    return false;
}

std::string page_of(const Json& report) {
    return tsb::report_page(report, nonce);
}

std::string shown(const std::string& page, const std::string& script, const std::string& address) {
    const Scratch scratch;
    std::string text = page;
    if (!script.empty()) {
        const std::string own = "<script nonce=\"" + std::string(nonce) + "\">" + script;
        text.insert(text.rfind("</body>"), own + "</script>");
    }
    write_file(scratch / "page.html", text);
    RunOptions options;
    options.environment = {{"HOME", scratch.path().string()}};
    const auto result =
        run({"chromium", "--headless", "--no-sandbox", "--disable-gpu",
             "--user-data-dir=" + (scratch / "profile").string(), "--virtual-time-budget=20000",
             "--dump-dom", "file://" + (scratch / "page.html").string() + "#" + address},
            options);
    INFO(result.err);
    REQUIRE(result.status == 0);
    return result.out;
}

std::vector<std::string> all_between(const std::string& dom, const std::string& begin,
                                     const std::string& end) {
    std::vector<std::string> found;
    for (auto at = dom.find(begin); at != std::string::npos; at = dom.find(begin, at)) {
        at += begin.size();
        found.push_back(dom.substr(at, dom.find(end, at) - at));
    }
    return found;
}

std::string section(const std::string& dom, const std::string& id) {
    const auto found = all_between(dom, "<section id=\"" + id + "\"", "</section>");
    REQUIRE(found.size() == 1);
    return found.front();
}

bool owned(const std::string& dom) {
    return contains(dom, "data-owned=\"yes\"");
}

}  // namespace tsb::test

#include "config/findings.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <tuple>

#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr std::size_t shown_findings = 20;

}  // namespace

void Findings::add(Position position, std::string text, std::string hint) {
    findings_.push_back({position, std::move(text), std::move(hint)});
}

void Findings::throw_if_any(const std::string& file) const {
    if (findings_.empty()) return;
    std::vector<Finding> sorted = findings_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.position.line, a.position.column) <
               std::tie(b.position.line, b.position.column);
    });
    const std::size_t shown = std::min(sorted.size(), shown_findings);
    std::string message;
    std::string hint;
    for (std::size_t i = 0; i < shown; ++i) {
        const Finding& finding = sorted[i];
        message += fmt::format("{}{}:{}:{}: {}", i == 0 ? "" : "\n", file, finding.position.line,
                               finding.position.column, finding.text);
        if (hint.find(finding.hint) == std::string::npos) {
            hint += (hint.empty() ? "" : "; ") + finding.hint;
        }
    }
    if (sorted.size() > shown) {
        message += fmt::format("\n{}: {} more findings", file, sorted.size() - shown);
    }
    throw Error(ErrorCode::config, message, hint);
}

}  // namespace tsb

#include <algorithm>
#include <array>
#include <cctype>

#include "core/pg/cluster_report.hpp"

namespace tsb {

namespace {

constexpr std::string_view ellipsis = "...";

std::string in_lower_case(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

template <std::size_t Count>
bool holds_one_of(const std::string& text, const std::array<std::string_view, Count>& words) {
    return std::ranges::any_of(
        words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

}  // namespace

std::string shown_setting(const std::string& name, const std::string& value) {
    constexpr std::array<std::string_view, 8> secret_names = {
        "passw", "passphrase", "secret", "token", "conninfo", "credential", "private", "api_key"};
    constexpr std::array<std::string_view, 5> secret_values = {"password", "passwd", "secret",
                                                               "token", "://"};
    const bool hidden = holds_one_of(in_lower_case(name), secret_names) ||
                        holds_one_of(in_lower_case(value), secret_values);
    // How passwords are stored is no secret, and worth to know.
    const bool harmless = name == "password_encryption" || value.empty();
    return hidden && !harmless ? "(hidden)" : value;
}

std::string cut_text(std::string text, std::size_t limit) {
    if (text.size() <= limit) return text;
    std::size_t end = limit - ellipsis.size();
    // Back to where a character begins: what follows it is 10xxxxxx.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    return text.append(ellipsis);
}

}  // namespace tsb

#include "core/io/line_source.hpp"

namespace tsb {

LineSource::Read LineSource::next(std::string& line) {
    line.clear();
    while (!line.ends_with('\n')) {
        if (pending_.empty()) pending_ = source_.next();
        if (pending_.empty()) return line.empty() ? Read::end : Read::line;
        const std::string_view text = as_text(pending_);
        const std::size_t newline = text.find('\n');
        const std::size_t length = newline == std::string_view::npos ? text.size() : newline + 1;
        if (line.size() + length > longest_) return Read::too_long;
        line.append(text.substr(0, length));
        pending_ = pending_.subspan(length);
    }
    return Read::line;
}

}  // namespace tsb

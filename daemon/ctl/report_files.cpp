#include "daemon/ctl/report_files.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "core/base/fs.hpp"
#include "core/base/json_depth.hpp"
#include "daemon/ctl/report_diff.hpp"
#include "daemon/ctl/report_template.hpp"

namespace tsb {
namespace {

namespace fsys = std::filesystem;

constexpr std::uint64_t longest_report = 512ULL << 20;
constexpr std::size_t report_depth = 8;

std::string replaced(std::string text, std::string_view mark, std::string_view by) {
    for (std::size_t at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + by.size())) {
        text.replace(at, mark.size(), by);
    }
    return text;
}

/// JSON that may stand in a script element: no character of it begins or ends anything in HTML.
std::string embedded(const Json& report) {
    const std::string json = report.dump(-1, ' ', true, Json::error_handler_t::replace);
    std::string out;
    out.reserve(json.size());
    for (const char c : json) {
        switch (c) {
            case '<':
                out += "\\u003c";
                break;
            case '>':
                out += "\\u003e";
                break;
            case '&':
                out += "\\u0026";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string new_nonce() {
    std::array<unsigned char, 16> bytes{};
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        throw errno_error(errno, "read", "random bytes");
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string nonce;
    for (const unsigned char byte : bytes) {
        nonce += digits[byte >> 4U];
        nonce += digits[byte & 15U];
    }
    return nonce;
}

/// Whole or not at all, in place of an earlier one.
void write_file(const Fd& directory, const std::string& name, const std::string& text) {
    Fs& fs = real_fs();
    const std::string fresh = "." + name + ".new";
    remove_tree(fs, directory.get(), fresh);
    write_new_file(fs, directory.get(), fresh, std::as_bytes(std::span(text)));
    fs.rename(directory.get(), fresh, directory.get(), name, RenameMode::replace);
}

void write_report(const fsys::path& place, Json& report) {
    std::error_code failed;
    fsys::create_directory(place, failed);
    if (failed) {
        throw Error(ErrorCode::io, "cannot make directory '" + printable(place.string()) +
                                       "': " + failed.message());
    }
    const Fd directory = real_fs().open_root(place);
    write_file(directory, "report.json",
               report.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
    write_file(directory, "report.html", report_page(report, new_nonce()));
    for (const char* const name : {"report.json", "report.html"}) {
        report["written"].push_back((place / name).string());
    }
}

bool is_of_repository(const Json& report) {
    return report.value("source", "") == "repository";
}

/// Of `place`: the file itself, or what --out wrote in that directory.
Json read_report(const fsys::path& place) {
    std::error_code unreadable;
    const fsys::path file = fsys::is_directory(place, unreadable) ? place / "report.json" : place;
    const Fd directory = real_fs().open_root(file.parent_path());
    const std::string text =
        read_whole_file(real_fs(), directory.get(), file.filename().string(), longest_report);
    Json report;
    if (!nested_deeper(text, report_depth)) report = Json::parse(text, nullptr, false);
    if (report.is_object() && report.contains("report_version") && !is_of_repository(report)) {
        return report;
    }
    throw Error(ErrorCode::usage,
                "cannot read '" + printable(file.string()) + "': it is no report of a cluster",
                "'explore --out' writes them");
}

}  // namespace

std::string report_page(const Json& report, const std::string& nonce) {
    // The data last: it may hold the marks themselves.
    const char* const form =
        is_of_repository(report) ? repository_page_template : cluster_page_template;
    const std::string page = replaced(form, "{{nonce}}", nonce);
    const std::string_view mark = "{{report}}";
    const std::size_t at = page.find(mark);
    return page.substr(0, at) + embedded(report) + page.substr(at + mark.size());
}

std::function<void(Json& result)> report_keeper(const CommandLine& line) {
    const auto out = line.values.find("out");
    if (out == line.values.end()) return {};
    return [place = fsys::path(out->second)](Json& result) { write_report(place, result); };
}

bool compares_reports(const CommandLine& line) {
    return line.verb->name == "explore" && line.values.contains("diff");
}

Json compare_report_files(const CommandLine& line) {
    const std::string newer = text_arg(line.args, "backup");
    if (newer.empty() || line.args.size() > 1 || line.values.contains("out")) {
        throw Error(ErrorCode::usage, "cannot compare: --diff takes two reports and nothing else",
                    "explore --diff OLD NEW, each a directory of --out or its report.json");
    }
    const Json before = read_report(line.values.at("diff"));
    return compare_reports(before, read_report(absolute_path(newer)));
}

}  // namespace tsb

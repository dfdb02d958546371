#include "core/pg/report_scope.hpp"

#include "core/pg/server_message.hpp"

namespace tsb {

void ReportScope::note(const std::string& what) const {
    if (report.notes.size() > most_report_notes) return;
    if (report.notes.size() == most_report_notes) {
        report.notes.emplace_back("more could not be read than is noted here");
        return;
    }
    const std::string place = database.empty() ? "" : "database '" + printable(database) + "': ";
    report.notes.push_back(place + one_line(what));
}

void ReportScope::note_failure(const std::string& what, const Error& error) const {
    if (error.code() == ErrorCode::cancelled) throw error;
    note("cannot read " + what + ": " + error.what());
    if (error.code() == ErrorCode::connection || error.code() == ErrorCode::stalled) throw error;
}

}  // namespace tsb

#include "daemon/service_status.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

#include "core/base/human.hpp"
#include "core/plan/ages.hpp"

namespace tsb {
namespace {

constexpr std::size_t most_shown = 3;  // jobs or clusters by name

void append(std::string& line, const std::string& separator, const std::string& part) {
    if (part.empty()) return;
    line += line.empty() ? part : separator + part;
}

std::string doing(const std::string& kind) {
    if (kind == "backup") return "backing up";
    if (kind == "verify") return "verifying";
    if (kind == "restore") return "restoring";
    if (kind == "drill") return "drilling";
    if (kind == "dump") return "dumping from";
    if (kind == "explore") return "exploring";
    if (kind == "prune") return "pruning";
    return kind + " of";
}

std::string job_text(const RunningJob& job) {
    const std::string how_far = job.percent ? fmt::format("{} %", *job.percent) : job.phase;
    return fmt::format("{} {}: {}", doing(job.kind), job.cluster, how_far);
}

std::string work_text(const ServiceOutlook& outlook) {
    if (outlook.running.empty() && outlook.waiting == 0) return "idle";
    std::string text;
    for (std::size_t i = 0; i < std::min(outlook.running.size(), most_shown); ++i) {
        append(text, ", ", job_text(outlook.running[i]));
    }
    if (outlook.running.size() > most_shown) {
        text += fmt::format(", and {} more", outlook.running.size() - most_shown);
    }
    if (outlook.waiting > 0) append(text, ", ", fmt::format("{} waiting", outlook.waiting));
    return text;
}

/// "02:00" today or within 24 hours, "Sat 02:00" within a week, else with the date.
std::string when_text(SystemTime time, SystemTime now, const TimeZone& zone) {
    constexpr std::array<const char*, 7> names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const LocalTime local = zone.to_local(time);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::hh_mm_ss clock(local - day);
    std::string hour = fmt::format("{:02}:{:02}", clock.hours().count(), clock.minutes().count());
    const auto ahead = std::chrono::hours(24);
    if (time - now < ahead) return hour;
    if (time - now < 6 * ahead) {
        return fmt::format("{} {}", names.at(std::chrono::weekday(day).c_encoding()), hour);
    }
    const std::chrono::year_month_day date(day);
    return fmt::format("{:04}-{:02}-{:02} {}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       hour);
}

std::string next_text(const ServiceOutlook& outlook, SystemTime now, const TimeZone& zone) {
    const ClusterOutlook* next = nullptr;
    for (const ClusterOutlook& each : outlook.clusters) {
        if (!each.next_run) continue;
        if (next == nullptr || *each.next_run < *next->next_run) next = &each;
    }
    if (next == nullptr) return "nothing scheduled";
    return fmt::format("next {} {}", next->cluster, when_text(*next->next_run, now, zone));
}

std::string last_good_text(const ServiceOutlook& outlook, SystemTime now) {
    const ClusterOutlook* oldest = nullptr;
    std::size_t known = 0;
    for (const ClusterOutlook& each : outlook.clusters) {
        if (!each.looked_at) continue;
        ++known;
        if (!each.last_good) return "no good backup of " + each.cluster;
        if (oldest == nullptr || *each.last_good < *oldest->last_good) oldest = &each;
    }
    if (oldest == nullptr) return "";
    const std::string age = human_age(seconds_between(*oldest->last_good, now));
    if (known == 1) return "last good " + age;
    return fmt::format("oldest last good {}: {}", oldest->cluster, age);
}

std::string overdue_text(const ServiceOutlook& outlook) {
    std::string names;
    for (const ClusterOutlook& each : outlook.clusters) {
        if (each.overdue) append(names, ", ", each.cluster);
    }
    return names.empty() ? "" : "OVERDUE: " + names;
}

}  // namespace

std::string status_text(const ServiceOutlook& outlook, SystemTime now, const TimeZone& zone) {
    std::string line;
    if (!outlook.stuck.empty()) append(line, "; ", "STUCK: " + outlook.stuck);
    append(line, "; ", overdue_text(outlook));
    append(line, "; ", work_text(outlook));
    if (outlook.running.empty()) append(line, "; ", next_text(outlook, now, zone));
    append(line, "; ", last_good_text(outlook, now));
    return line;
}

}  // namespace tsb

#include "core/plan/jumps.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>

#include "core/base/human.hpp"
#include "core/plan/ages.hpp"
#include "core/plan/deviation.hpp"

namespace tsb {
namespace {

// 16 MiB are one WAL segment more or less, which is nothing unless the backup is as small.
constexpr Tolerance size_tolerance{0.1, 16 << 20, 0.5};
// A minute is one checkpoint more or less, and a busy server or disk makes it half as long again.
constexpr Tolerance duration_tolerance{0.5, 60, std::nullopt};

/// The good backups that did not end in the future, newest first.
std::vector<const BackupSample*> measured(const ClusterHealthFacts& facts, SystemTime now) {
    std::vector<const BackupSample*> backups;
    for (const BackupSample& backup : facts.backups) {
        const bool counts =
            backup.condition == BackupCondition::good && !is_in_future(backup.stopped_at, now);
        if (counts) backups.push_back(&backup);
    }
    std::sort(backups.begin(), backups.end(), [](const BackupSample* a, const BackupSample* b) {
        return a->stopped_at != b->stopped_at ? a->stopped_at > b->stopped_at : a->id > b->id;
    });
    return backups;
}

/// A quantity in which a backup may be far off: how to say it, and what is said.
struct Quantity {
    HealthCode code;
    std::string_view verb;
    double (*of)(const BackupSample&);
    std::string (*text)(double);
    Tolerance tolerance;
};

double stored_bytes_of(const BackupSample& backup) {
    return static_cast<double>(backup.stored_bytes);
}

double seconds_of(const BackupSample& backup) {
    return static_cast<double>(std::max<std::int64_t>(backup.duration.count(), 0));
}

/// `value`, which came from an integer, as one again.
template <class Integer>
Integer whole(double value) {
    constexpr auto most = std::numeric_limits<Integer>::max();
    return value >= static_cast<double>(most) ? most : static_cast<Integer>(value);
}

std::string size_text(double bytes) {
    return human_size(whole<std::uint64_t>(bytes));
}

std::string duration_text(double length_s) {
    return human_duration(std::chrono::seconds(whole<std::int64_t>(length_s)));
}

constexpr Quantity size{HealthCode::size_jump, "stored", stored_bytes_of, size_text,
                        size_tolerance};
constexpr Quantity duration{HealthCode::duration_jump, "took", seconds_of, duration_text,
                            duration_tolerance};

void find_jump(const ClusterHealthFacts& facts, const std::vector<const BackupSample*>& backups,
               const Quantity& quantity, std::vector<Finding>& findings) {
    std::vector<double> values;
    for (const BackupSample* backup : backups) values.push_back(quantity.of(*backup));
    const auto deviation = deviation_of_newest(values, quantity.tolerance);
    if (!deviation) return;
    const std::string before = deviation->count == 1 ? std::string("the one before")
                                                     : fmt::format("the last {}", deviation->count);
    std::string text = fmt::format("the newest backup {} {}, {} {} {}", quantity.verb,
                                   quantity.text(values.front()), before, quantity.verb,
                                   quantity.text(deviation->lowest));
    if (deviation->highest > deviation->lowest) {
        text += fmt::format(" to {}, median {}", quantity.text(deviation->highest),
                            quantity.text(deviation->median));
    }
    findings.push_back({Severity::problem, quantity.code, facts.cluster,
                        "cluster " + facts.cluster + ": " + text});
}

}  // namespace

void find_jumps(const ClusterHealthFacts& facts, SystemTime now, std::vector<Finding>& findings) {
    const std::vector<const BackupSample*> backups = measured(facts, now);
    find_jump(facts, backups, size, findings);
    find_jump(facts, backups, duration, findings);
}

}  // namespace tsb

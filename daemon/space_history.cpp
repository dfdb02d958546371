#include "daemon/space_history.hpp"

#include <algorithm>
#include <map>

#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace tsb {
namespace {

constexpr const char* document = "space";
constexpr std::size_t most_days = 60;

std::chrono::sys_days day_of(SystemTime time) {
    return std::chrono::floor<std::chrono::days>(time);
}

std::vector<SpaceSample> decode(const std::string& text) {
    std::vector<SpaceSample> samples;
    if (text.empty()) return samples;
    try {
        for (const Json& sample : Json::parse(text)) {
            const Json& bytes = sample.at("stored_bytes");
            if (!bytes.is_number_unsigned()) {
                throw Error(ErrorCode::damaged, "'stored_bytes' is no size");
            }
            samples.push_back(
                {from_iso8601(sample.at("at").get<std::string>()), bytes.get<std::uint64_t>()});
        }
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::damaged,
                    "cannot read '" + std::string(document) + "': " + printable(error.what()));
    }
    return samples;
}

std::vector<SpaceSample> samples_of(Repository& repository, const std::string& cluster) {
    return decode(repository.read_state(cluster, document));
}

std::uint64_t stored_bytes(Repository& repository, const std::string& cluster) {
    std::uint64_t sum = 0;
    for (const BackupEntry& entry : repository.list(cluster)) {
        if (entry.metadata) sum += entry.metadata->stored_bytes;
    }
    return sum;
}

}  // namespace

Json describe(const std::vector<SpaceSample>& samples) {
    Json out = Json::array();
    for (const SpaceSample& sample : samples) {
        out.push_back({{"at", to_iso8601(sample.at)}, {"stored_bytes", sample.stored_bytes}});
    }
    return out;
}

void note_stored_bytes(Repository& repository, const std::string& cluster, SystemTime now) {
    std::vector<SpaceSample> samples;
    try {
        samples = samples_of(repository, cluster);
    } catch (const Error& error) {
        // It only serves an estimate.
        log(LogLevel::warning, "",
            "the growth of " + cluster + " is told anew from now on: " + error.what());
    }
    std::erase_if(samples, [&](const SpaceSample& sample) {
        return day_of(sample.at) >= day_of(now);  // of today, or of a clock that was ahead
    });
    samples.push_back({now, stored_bytes(repository, cluster)});
    if (samples.size() > most_days) samples.erase(samples.begin(), samples.end() - most_days);
    repository.write_state(cluster, document, encode_line(describe(samples)));
}

std::vector<SpaceSample> stored_bytes_history(Repository& repository) {
    struct Noted {
        std::string cluster;
        SpaceSample sample;
    };
    std::vector<Noted> all;
    for (const std::string& cluster : repository.clusters()) {
        try {
            for (const SpaceSample& sample : samples_of(repository, cluster)) {
                all.push_back({cluster, sample});
            }
        } catch (const Error&) {
            // This is asked for every minute; whoever writes the next sample tells.
        }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Noted& a, const Noted& b) { return a.sample.at < b.sample.at; });
    std::map<std::string, std::uint64_t> latest;
    std::vector<SpaceSample> sums;
    for (const Noted& noted : all) {
        latest[noted.cluster] = noted.sample.stored_bytes;
        std::uint64_t sum = 0;
        for (const auto& [cluster, bytes] : latest) sum += bytes;
        sums.push_back({noted.sample.at, sum});
    }
    return sums;
}

}  // namespace tsb

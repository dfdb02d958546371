#include "config/schedule_values.hpp"

#include "core/base/error.hpp"
#include "core/base/human.hpp"

namespace tsb {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

/// Calls `parse`; what it refuses is the problem.
template <class Parse>
ValueResult attempt(const Parse& parse) {
    try {
        parse();
        return stored;
    } catch (const Error& error) {
        return ValueProblem{error.what(), error.hint()};
    }
}

ValueResult store_within(const std::string& text, seconds least, seconds most, seconds& into) {
    const auto duration = parse_duration(text);
    if (!duration || *duration < least || *duration > most) return wrong_type();
    into = *duration;
    return stored;
}

/// Keeps the text of an argument when `check` accepts it.
template <class Value>
ValueResult keep(const std::string& text, ValueResult (*check)(const std::string&, Value&),
                 const char* argument, BackupArgs& into) {
    Value unused{};
    if (auto problem = check(text, unused)) return problem;
    into[argument] = text;
    return stored;
}

}  // namespace

ValueResult store_scheduled_job(const std::string& text, std::string& into) {
    if (text != "backup" && text != "verify" && text != "drill") return wrong_type();
    into = text;
    return stored;
}

ValueResult store_cron(const std::string& text, std::optional<CronExpression>& into) {
    return attempt([&] { into = CronExpression::parse(text); });
}

ValueResult store_zone(const std::string& text, TimeZone& into) {
    return attempt([&] { into = text == "machine" ? TimeZone::machine() : TimeZone::find(text); });
}

ValueResult append_span(const std::string& text, std::vector<std::string>& into) {
    return attempt([&] {
        static_cast<void>(DailySpan::parse(text));
        into.push_back(text);
    });
}

ValueResult store_catch_up(const std::string& text, CatchUp& into) {
    if (text != "latest" && text != "none") return wrong_type();
    into = text == "latest" ? CatchUp::latest : CatchUp::none;
    return stored;
}

ValueResult store_every(const std::string& text, seconds& into) {
    return store_within(text, minutes(1), days(366), into);
}

ValueResult store_jitter(const std::string& text, seconds& into) {
    return store_within(text, seconds(0), days(1), into);
}

ValueResult store_period(const std::string& text, seconds& into) {
    return store_within(text, seconds(0), seconds::max(), into);
}

ValueResult store_limit(const std::string& text, std::optional<seconds>& into) {
    seconds limit{0};
    if (auto problem = store_within(text, seconds(1), seconds::max(), limit)) return problem;
    into = limit;
    return stored;
}

ValueResult store_job_limit(const std::string& text, seconds& into) {
    return store_within(text, minutes(1), days(30), into);
}

ValueResult store_max_age(const std::string& text, seconds& into) {
    if (text != "auto") return store_within(text, seconds(1), seconds::max(), into);
    into = seconds(0);
    return stored;
}

ValueResult override_compression(const std::string& text, BackupArgs& into) {
    return keep(text, store_compression, "compress", into);
}

ValueResult override_format(const std::string& text, BackupArgs& into) {
    return keep(text, store_format, "format", into);
}

ValueResult override_checkpoint(const std::string& text, BackupArgs& into) {
    return keep(text, store_checkpoint, "checkpoint", into);
}

ValueResult override_rate(const std::string& text, BackupArgs& into) {
    return keep(text, store_rate, "max-rate", into);
}

ValueResult override_label(const std::string& text, BackupArgs& into) {
    return keep(text, store_label, "label", into);
}

}  // namespace tsb

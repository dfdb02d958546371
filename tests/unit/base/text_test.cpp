// Error, printable text, UTF-8, sizes and durations, log lines.
#include <set>
#include <string>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/base/job_context.hpp"
#include "core/base/log_line.hpp"
#include "core/base/utf8.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;
using std::chrono::seconds;

TEST_CASE("every error kind has a name of its own and is found by it") {
    std::set<std::string_view> names;
    for (const ErrorKind& kind : error_kinds()) {
        CHECK(names.insert(kind.name).second);
        CHECK(error_code_named(kind.name) == kind.code);
        CHECK(&kind_of(kind.code) == &kind);
        CHECK(kind.exit_code != 0);
    }
    CHECK(names.size() == static_cast<std::size_t>(ErrorCode::internal) + 1);
    CHECK(error_code_named("no such kind") == ErrorCode::internal);
}

TEST_CASE("context is put before the message and keeps code and hint") {
    const Error error(ErrorCode::stalled, "no byte for 60 s", "look at the network");
    const Error wider = error.with_context("cannot copy 'base'");
    CHECK(wider.what() == std::string("cannot copy 'base': no byte for 60 s"));
    CHECK(wider.code() == ErrorCode::stalled);
    CHECK(wider.hint() == "look at the network");
}

TEST_CASE("errno tells a full disk from any other failure") {
    CHECK(errno_error(ENOSPC, "write", "a").code() == ErrorCode::disk_full);
    CHECK(errno_error(EDQUOT, "write", "a").code() == ErrorCode::disk_full);
    const Error error = errno_error(ENOENT, "open", "a\nb");
    CHECK(error.code() == ErrorCode::io);
    CHECK(error.what() == std::string("cannot open 'a\\x0Ab': No such file or directory"));
}

TEST_CASE("control bytes and malformed UTF-8 are escaped, other text stays") {
    CHECK(printable("plain 'text' \xC3\xA9\xE2\x82\xAC") == "plain 'text' \xC3\xA9\xE2\x82\xAC");
    CHECK(printable("\x1B[2J\t\r\n\x7F") == "\\x1B[2J\\x09\\x0D\\x0A\\x7F");
    CHECK(printable("\xC2\x9B!") == "\\xC2\\x9B!");
    CHECK(printable("\xC2\xA0") == "\xC2\xA0");
    CHECK(printable("a\xFF\xC3") == "a\\xFF\\xC3");
    CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("UTF-8 is taken as RFC 3629 defines it") {
    CHECK(valid_utf8(""));
    CHECK(valid_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\x98"));
    CHECK(valid_utf8("\xF4\x8F\xBF\xBF"));
    for (const char* bad :
         {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC3", "\xC3(", "a\xFF"}) {
        CAPTURE(bad);
        CHECK_FALSE(valid_utf8(bad));
    }
}

TEST_CASE("sizes are shown in the largest unit that leaves at least one") {
    CHECK(human_size(0) == "0B");
    CHECK(human_size(1023) == "1023B");
    CHECK(human_size(8 * 1024) == "8KB");
    CHECK(human_size(312ULL << 20) == "312MB");
    CHECK(human_size((1ULL << 20) - 1) == "1MB");
    CHECK(human_size((1ULL << 30) - 1) == "1.0GB");
    CHECK(human_size((10ULL << 30) + (205ULL << 20)) == "10.2GB");
    CHECK(human_size((1ULL << 40) - 1) == "1.0TB");
    CHECK(human_size(~0ULL) == "16384.0PB");
}

TEST_CASE("durations are told in their two greatest units") {
    CHECK(human_duration(seconds(-5)) == "0 s");
    CHECK(human_duration(seconds(0)) == "0 s");
    CHECK(human_duration(seconds(59)) == "59 s");
    CHECK(human_duration(seconds(60)) == "1 min");
    CHECK(human_duration(seconds(3599)) == "59 min 59 s");
    CHECK(human_duration(seconds(5400)) == "1 h 30 min");
    CHECK(human_duration(seconds(86400)) == "24 h");
    CHECK(human_duration(seconds(48 * 3600 - 1)) == "47 h 59 min");
    CHECK(human_duration(seconds(48 * 3600)) == "2 d");
    CHECK(human_duration(seconds(51 * 3600 + 59)) == "2 d 3 h");
    CHECK(human_duration(seconds::max()) == "106751991167300 d 15 h");
}

TEST_CASE("durations and ages are shown as on a clock") {
    CHECK(human_clock(seconds(6)) == "0:06");
    CHECK(human_clock(seconds(760)) == "12:40");
    CHECK(human_clock(seconds(3723)) == "1:02:03");
    CHECK(human_clock(seconds(-5)) == "0:00");
    CHECK(human_age(seconds(-5)) == "just now");
    CHECK(human_age(seconds(59)) == "just now");
    CHECK(human_age(seconds(5 * 60)) == "5 min ago");
    CHECK(human_age(seconds(5 * 3600)) == "5 h ago");
    CHECK(human_age(seconds(47 * 3600)) == "47 h ago");
    CHECK(human_age(seconds(3 * 86400)) == "3 d ago");
}

TEST_CASE("sizes are read with any unit that people write") {
    CHECK(parse_size("100") == 100U);
    CHECK(parse_size("512kB") == 512U << 10);
    CHECK(parse_size("64MB") == 64U << 20);
    CHECK(parse_size("1.5 GB") == 3ULL << 29);
    CHECK(parse_size("2tb") == 2ULL << 40);
    CHECK(parse_size("17B") == 17U);
    CHECK(parse_size("0.25MB") == 256U << 10);
    CHECK(parse_size("16777215TB") == 16777215ULL << 40);
    for (const char* bad : {"", "MB", "-1MB", " 1MB", "1 XB", "1.MB", ".5MB", "1.5", "1MBB",
                            "1,5GB", "16777216TB", "99999999999999999999", "1.1234567GB"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_size(bad));
    }
}

TEST_CASE("durations are read with exactly one unit") {
    CHECK(parse_duration("0s") == seconds(0));
    CHECK(parse_duration("90s") == seconds(90));
    CHECK(parse_duration("5m") == seconds(300));
    CHECK(parse_duration("6h") == seconds(21600));
    CHECK(parse_duration("3d") == seconds(259200));
    CHECK(parse_duration("2w") == seconds(1209600));
    for (const char* bad : {"", "s", "5", "5 m", "5mm", "-5m", "1.5h", "5x", "5000w0", "999999w",
                            "9223372036854775807s"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_duration(bad));
    }
}

TEST_CASE("a log line carries time, level and job, and never a raw control byte") {
    const SystemTime time = from_iso8601("2026-11-23T01:02:03Z");
    CHECK(log_line(LogTarget::terminal, LogLevel::info, time, "b17", "backup begins") ==
          "2026-11-23T01:02:03Z info  job=b17 backup begins");
    CHECK(log_line(LogTarget::terminal, LogLevel::error, time, "", "a\nb") ==
          "2026-11-23T01:02:03Z error a\\x0Ab");
    CHECK(log_line(LogTarget::journal, LogLevel::warning, time, "b17", "slow") ==
          "<4>job=b17 slow");
    CHECK(log_line(LogTarget::journal, LogLevel::debug, time, "", "x") == "<7>x");
    CHECK(log_line(LogTarget::json, LogLevel::warning, time, "b17", "a \"b\" \\ \n\xff") ==
          R"({"time":"2026-11-23T01:02:03Z","level":"warning","job":"b17",)"
          R"("message":"a \"b\" \\ \\x0A\\xFF"})");
    CHECK(log_line(LogTarget::json, LogLevel::info, time, "", "") ==
          R"({"time":"2026-11-23T01:02:03Z","level":"info","message":""})");
}

TEST_CASE("a stopped job says so at its next look") {
    std::stop_source source;
    ProgressMeter meter;
    const JobContext job("b17", source.get_token(), meter);
    CHECK_NOTHROW(job.throw_if_stopped());
    source.request_stop();
    try {
        job.throw_if_stopped();
        FAIL("nothing was thrown");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::cancelled);
    }
}

TEST_CASE("every phase has words") {
    for (int phase = 0; phase <= static_cast<int>(Phase::done); ++phase) {
        CHECK(to_string(static_cast<Phase>(phase)) != std::string("unknown"));
    }
    CHECK(to_string(Phase::waiting_for_checkpoint) == std::string("waiting for checkpoint"));
}

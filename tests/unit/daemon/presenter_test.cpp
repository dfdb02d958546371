#include "daemon/ctl/presenter.hpp"

#include <sstream>

#include "tests/support/catch.hpp"

using namespace tsb;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mb = 1 << 20;
const RateWindow::Time start{};

ProgressEvent progress(const std::string& kind, const std::string& phase) {
    ProgressEvent event;
    event.job = "job-1";
    event.kind = kind;
    event.phase = phase;
    return event;
}

ProgressEvent copying(std::uint64_t done, std::uint64_t total) {
    ProgressEvent event = progress("backup", "copying");
    event.bytes_done = done;
    event.bytes_total = total;
    return event;
}

struct Shown {
    explicit Shown(ProgressMode mode, bool json = false)
        : presenter(options(mode, json), out, err) {}
    static PresenterOptions options(ProgressMode mode, bool json) {
        PresenterOptions options;
        options.program = "prog";
        options.verb = "backup";
        options.progress = mode;
        options.json = json;
        options.width = 42;
        return options;
    }
    void copy(std::uint64_t done, std::chrono::seconds at) {
        presenter.event(encode_progress(copying(done * mb, 100 * mb)), start + at);
    }
    std::ostringstream out;
    std::ostringstream err;
    Presenter presenter;
};

}  // namespace

TEST_CASE("the progress line tells percent, amounts, rate and what is left") {
    CHECK(progress_text(copying(1234 * mb, 2900 * mb), 310 * mb) ==
          "Backing up: 42% (1234/2900 MB) 310 MB/s ETA 0:06");
}

TEST_CASE("what is not known is not shown") {
    CHECK(progress_text(copying(1234 * mb, 0), 310 * mb) == "Backing up: 1234 MB 310 MB/s");
    CHECK(progress_text(copying(0, 2900 * mb), 0) == "Backing up: 0% (0/2900 MB)");
}

TEST_CASE("a total that was estimated too low shows no more than all") {
    CHECK(progress_text(copying(300 * mb, 200 * mb), 100 * mb) ==
          "Backing up: 100% (300/300 MB) 100 MB/s");
}

TEST_CASE("phases without an amount are named") {
    CHECK(progress_text(progress("backup", "waiting for checkpoint"), 0) ==
          "Backing up: waiting for checkpoint");
    CHECK(progress_text(progress("restore", "finishing"), 0) == "Restoring: finishing");
    CHECK(progress_text(progress("verify", "evil\x1b[2J"), 0) == "Verifying: evil\\x1B[2J");
}

TEST_CASE("a restore counts files") {
    ProgressEvent event = progress("restore", "extracting");
    event.files_done = 1000;
    event.files_total = 3917;
    event.bytes_done = 42 * mb;
    event.bytes_total = 100 * mb;
    CHECK(progress_text(event, 0) == "Extracted 1000/3917 files... 42% (42/100 MB)");
    event.files_total = 0;
    event.bytes_total = 0;
    CHECK(progress_text(event, 0) == "Extracted 1000 files... 42 MB");
}

TEST_CASE("a recovery counts the WAL that is replayed") {
    ProgressEvent event = progress("restore", "recovering");
    CHECK(progress_text(event, 0) == "Restoring: recovering");
    event.bytes_total = 320 * mb;
    CHECK(progress_text(event, 0) == "Restoring: recovering, 0B of 320MB of WAL replayed");
    event.bytes_done = 48 * mb;
    CHECK(progress_text(event, 10 * mb) == "Restoring: recovering, 48MB of 320MB of WAL replayed");
}

TEST_CASE("the rate is that of the last seconds") {
    RateWindow rate;
    CHECK(rate.bytes_per_second() == 0);
    rate.add(start, 0);
    CHECK(rate.bytes_per_second() == 0);
    rate.add(start + 2s, 200 * mb);
    CHECK(rate.bytes_per_second() == 100 * mb);
    rate.add(start + 20s, 200 * mb);
    rate.add(start + 24s, 240 * mb);
    CHECK(rate.bytes_per_second() == 10 * mb);
    rate.add(start + 25s, 10 * mb);
    CHECK(rate.bytes_per_second() == 0);
}

TEST_CASE("on a terminal one line is rewritten and cut to its width") {
    Shown shown(ProgressMode::live);
    shown.copy(10, 0s);
    shown.copy(20, 1s);
    CHECK(shown.err.str() ==
          "\r\x1b[KBacking up: 10% (10/100 MB)"
          "\r\x1b[KBacking up: 20% (20/100 MB) 10 MB/s ETA 0");
    CHECK(shown.presenter.finish(Outcome()) == 0);
    CHECK(shown.err.str().ends_with("\r\x1b[K"));
}

TEST_CASE("off a terminal a line comes every ten seconds at most") {
    Shown shown(ProgressMode::lines);
    for (int second = 0; second < 21; ++second) shown.copy(10, std::chrono::seconds(second));
    const std::string text = shown.err.str();
    CHECK(std::count(text.begin(), text.end(), '\n') == 3);
    CHECK(text.find('\r') == std::string::npos);
}

TEST_CASE("--no-progress shows nothing but the end") {
    Shown shown(ProgressMode::none);
    shown.copy(10, 0s);
    CHECK(shown.err.str().empty());
}

TEST_CASE("a result that comes in parts is shown as one") {
    for (const ProgressMode mode : {ProgressMode::lines, ProgressMode::none}) {
        Shown shown(mode, true);
        shown.presenter.event(encode_part("backups", {1, 2}), start);
        shown.presenter.event(encode_part("backups", {3}), start);
        shown.presenter.event({{"event", "part"}, {"list", 7}}, start);
        shown.presenter.event({{"event", "part"}, {"items", 7}}, start);
        CHECK(shown.presenter.finish(Outcome({{"backups", {4}}, {"other", 5}})) == 0);
        CHECK(shown.out.str() == "{\"ok\":{\"backups\":[1,2,3,4],\"other\":5}}\n");
    }
}

TEST_CASE("--json prints events and the outcome as lines, and nothing else") {
    Shown shown(ProgressMode::live, true);
    shown.presenter.event({{"event", "job"}, {"job", "b-1"}}, start);
    const Outcome failed(Json::object(), Error(ErrorCode::busy, "cannot"));
    CHECK(shown.presenter.finish(failed) == 1);
    CHECK(shown.out.str() ==
          "{\"event\":\"job\",\"job\":\"b-1\"}\n"
          "{\"error\":{\"code\":\"busy\",\"hint\":\"\",\"message\":\"cannot\"}}\n");
    CHECK(shown.err.str().empty());
}

TEST_CASE("a failure is told on standard error with its hint and exit code") {
    Shown shown(ProgressMode::none);
    const Outcome failed(Json::object(), Error(ErrorCode::refused, "cannot restore", "be root"));
    CHECK(shown.presenter.finish(failed) == 4);
    CHECK(shown.err.str() == "prog: cannot restore [refused]\nhint: be root\n");
}

TEST_CASE("leaving a job running says how to follow it") {
    Shown shown(ProgressMode::none);
    shown.presenter.event({{"event", "job"}, {"job", "b-1"}}, start);
    shown.presenter.leave();
    CHECK(shown.err.str() == "job b-1 goes on; follow it with: tsbackupctl watch b-1\n");
}

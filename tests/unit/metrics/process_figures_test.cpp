#include "daemon/metrics/process_figures.hpp"

#include <fcntl.h>

#include <chrono>
#include <vector>

#include "core/base/fs.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

TEST_CASE("the figures are those of this process") {
    const ProcessFigures before = process_figures();
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    CHECK(before.started_at > 1.5e9);
    CHECK(before.started_at <= std::chrono::duration<double>(now).count());
    CHECK(before.open_files >= 3);
    CHECK(before.most_files >= before.open_files);
    CHECK(before.resident_bytes > (1U << 20U));
    CHECK(before.virtual_bytes > before.resident_bytes);

    std::vector<Fd> files;
    for (int i = 0; i < 5; ++i) files.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    while (process_figures().cpu_seconds <= before.cpu_seconds) {
    }
    CHECK(process_figures().open_files == before.open_files + 5);
    CHECK(process_figures().started_at == before.started_at);
}

TEST_CASE("the start is the 22nd field, whatever the name of the program") {
    const std::string rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
    CHECK(start_ticks("12 (tsbackupd)" + rest) == 4711);
    CHECK(start_ticks("12 (a) b (1 2 3 4)" + rest) == 4711);
    CHECK(start_ticks("") == 0);
    CHECK(start_ticks("12 (tsbackupd) S 1 2") == 0);
    CHECK(start_ticks("12 tsbackupd S 1 2") == 0);
}

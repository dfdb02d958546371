#include "tests/bench/ground.hpp"

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <stdexcept>

#include "tests/bench/dataset.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/place.hpp"

namespace tsb::bench {

namespace fs = std::filesystem;

NewPlace::NewPlace(const fs::path& parent) {
    static std::atomic<int> number{0};
    path_ = parent / ("run" + std::to_string(++number));
}

NewPlace::~NewPlace() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

void NewPlace::make() const {
    if (mkdir(path_.c_str(), 0700) != 0) throw std::runtime_error("cannot make " + path_.string());
    test::give_to_server_user(path_);
}

void Ground::make() {
    if (made()) return;
    std::cerr << "making a data set of " << options_.size_mb << " MB: " << std::flush;
    const auto start = std::chrono::steady_clock::now();
    server_ = make_dataset(options_.size_mb);
    server_->scratch().directory("peer");
    cluster_bytes_ = data_bytes(*server_);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::cerr << static_cast<int>(taken.count()) << " s\n";
    auto daemon = std::make_unique<test::Daemon>(*server_);
    daemon->start();
    daemon_ = std::move(daemon);
}

test::PgServer& Ground::server() {
    make();
    return *server_;
}

test::Daemon& Ground::daemon() {
    make();
    return *daemon_;
}

std::uint64_t Ground::cluster_bytes() {
    make();
    return cluster_bytes_;
}

const std::string& Ground::kept_backup(const std::string& compression) {
    auto& id = kept_[compression];
    if (id.empty()) {
        id = measure_request(daemon(), {"backup", "main", "--compress", compression})
                 .answer.at("backup_id");
    }
    return id;
}

std::uint64_t data_bytes(const test::PgServer& server) {
    return tree_bytes(server.data()) - tree_bytes(server.data() / "pg_wal");
}

}  // namespace tsb::bench

#include "tests/integration/prometheus.hpp"

#include <cctype>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "tests/support/http_client.hpp"

namespace tsb::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

fs::path program(const std::string& name) {
    const char* const cache = std::getenv("TSB_CACHE");
    return fs::path(cache == nullptr ? "/var/cache/tsbackup" : cache) / "prometheus/usr/bin" / name;
}

std::string url_encoded(const std::string& text) {
    constexpr const char* digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0) {
            out += c;
            continue;
        }
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

std::string config_for(int scraped_port) {
    return "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
           "rule_files: [" +
           (monitoring_files() / "tsbackup.rules.yml").string() +
           "]\n"
           "scrape_configs:\n"
           "  - job_name: tsbackup\n"
           "    static_configs: [{targets: [\"127.0.0.1:" +
           std::to_string(scraped_port) + "\"]}]\n";
}

}  // namespace

bool have_prometheus() {
    static const bool there = [] {
        if (fs::exists(program("prometheus")) && fs::exists(program("promtool"))) return true;
        std::cerr << "\n*** NOT RUN: every test with Prometheus: no "
                  << program("prometheus").string() << "; .ci/make-prometheus brings it ***\n\n";
        const char* const ci = std::getenv("CI");
        if (ci != nullptr && std::string(ci) == "true") {
            throw std::runtime_error("CI must run the tests with Prometheus");
        }
        return false;
    }();
    return there;
}

CommandResult promtool(const Arguments& arguments, const std::string& input) {
    Arguments argv{program("promtool").string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    RunOptions options;
    options.input = input;
    return run(argv, options);
}

fs::path monitoring_files() {
    return TSB_MONITORING_DIR;
}

Prometheus::Prometheus(int scraped_port) : port_(free_port()) {
    const fs::path config = scratch_ / "prometheus.yml";
    write_file(config, config_for(scraped_port));
    process_ = Background({program("prometheus").string(), "--config.file=" + config.string(),
                           "--storage.tsdb.path=" + (scratch_ / "data").string(),
                           "--web.listen-address=127.0.0.1:" + std::to_string(port_)},
                          RunOptions(), scratch_ / "log");
    const bool answers = eventually([&] {
        try {
            return HttpClient("127.0.0.1", port_).get_last("/-/ready").status == 200;
        } catch (const std::runtime_error&) {
            return !process_.running();
        }
    });
    if (!answers || !process_.running()) {
        throw std::runtime_error("Prometheus does not start:\n" + read_file(scratch_ / "log"));
    }
}

Json Prometheus::api(const std::string& target) const {
    const HttpAnswer answer = HttpClient("127.0.0.1", port_).get_last("/api/v1/" + target);
    if (answer.status != 200) throw std::runtime_error("Prometheus: " + answer.body);
    return Json::parse(answer.body).at("data");
}

Json Prometheus::query(const std::string& query) const {
    return api("query?query=" + url_encoded(query)).at("result");
}

double Prometheus::wait_for(const std::string& query) const {
    Json samples;
    const bool there = eventually([&] {
        samples = this->query(query);
        return !samples.empty();
    });
    if (!there) {
        throw std::runtime_error("Prometheus never has: " + query + "\n" +
                                 read_file(scratch_ / "log"));
    }
    return std::stod(samples.at(0).at("value").at(1).get<std::string>());
}

}  // namespace tsb::test

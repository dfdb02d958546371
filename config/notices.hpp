// What is told to whom when a backup succeeded, failed, is overdue or is in order again, as plain
// structs.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tsb {

struct HookConfig {
    std::vector<std::string> command;  // an argument list; the first is an absolute path
    std::chrono::seconds timeout{60};
    bool required = false;  // on_success only: when it fails, the job has failed
    bool operator==(const HookConfig&) const = default;
};

struct WebhookConfig {
    std::string url;                   // http or https
    std::string token_file;            // as password_file, a bearer token; empty: none is sent
    std::chrono::seconds timeout{10};  // of one attempt
    bool operator==(const WebhookConfig&) const = default;
};

struct NoticeConfig {
    std::vector<HookConfig> on_success;
    std::vector<HookConfig> on_failure;
    std::vector<HookConfig> on_overdue;
    std::vector<HookConfig> on_recovered;
    std::vector<WebhookConfig> webhooks;  // get every notice
};

}  // namespace tsb

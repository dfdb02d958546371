// A program that runs beside us until it is told to end: a server.
//
// Keeps: it is ended and reaped by the destructor at the latest, and gets SIGQUIT when this process
// dies, even by kill -9. The kernel sends that signal at the end of the thread that started the
// program, so a thread of its own starts it, waits for its end and reaps it. Does not know when the
// server is ready. What holds for ChildProcess holds here.
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/child_process.hpp"

namespace tsb {

struct ServerLaunch {
    ServerLaunch() = default;
    std::vector<std::string> argv;         // argv[0]: absolute path of the program
    std::vector<std::string> environment;  // "NAME=value"
    std::optional<Account> account;        // nothing: as whom this process runs
    int output = -1;                       // becomes its descriptors 1 and 2
    std::chrono::milliseconds grace{15000};
};

class ServerProcess {
public:
    /// Starts it and returns when it was executed. Error{io} as ChildProcess.
    explicit ServerProcess(const ServerLaunch& launch);
    ServerProcess(const ServerProcess&) = delete;
    ~ServerProcess() { stop(); }

    /// True once the program has ended, by itself or by stop(), and is reaped. Thread: any.
    bool ended() const { return ended_; }
    /// Sends SIGINT, after the grace SIGQUIT, after as long again SIGKILL; returns when it is
    /// reaped. Harmless when it has ended. Thread: the owner's (blocks).
    void stop();

private:
    void keep(const std::stop_token& stop, const ServerLaunch& launch, std::promise<void>& started);

    std::atomic<bool> ended_ = false;
    std::jthread keeper_;  // last: it uses what stands above
};

}  // namespace tsb

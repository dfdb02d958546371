// What a service manager is told, and what it hands over.
#include "daemon/service_manager.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

#include "daemon/control_socket.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/unit/daemon/control_ground.hpp"
#include "tests/unit/daemon/manager_ground.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

const std::string own_pid = std::to_string(::getpid());

using Messages = std::vector<std::string>;

/// The manager that a process with these variables has.
ServiceManager started_with(std::vector<std::pair<std::string, std::string>> variables) {
    const ServiceEnvironment environment(std::move(variables));
    return ServiceManager::from_environment();
}

}  // namespace

TEST_CASE("the service manager is told what sd_notify would tell it") {
    const std::string abstract = "@tsbackup-test-" + own_pid;
    for (const std::string& name : {std::string(), abstract}) {
        NotifyReceiver receiver(name);
        const ServiceManager manager = started_with({{"NOTIFY_SOCKET", receiver.name()}});
        REQUIRE(manager.listens());
        manager.ready();
        manager.status("idle; next main 02:00\nREADY=1");
        manager.alive();
        manager.extend(std::chrono::seconds(20));
        manager.stopping();
        CHECK(receiver.messages() == Messages{"READY=1", "STATUS=idle; next main 02:00\\x0AREADY=1",
                                              "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=20000000",
                                              "STOPPING=1"});
    }
}

TEST_CASE("reloading comes with the time of the monotonic clock") {
    NotifyReceiver receiver;
    const ServiceManager manager = started_with({{"NOTIFY_SOCKET", receiver.name()}});
    const auto monotonic_us = [] {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
    };
    const long long before = monotonic_us();
    manager.reloading();
    const Messages messages = receiver.messages();
    REQUIRE(messages.size() == 1);
    const std::string start = "RELOADING=1\nMONOTONIC_USEC=";
    REQUIRE(messages[0].starts_with(start));
    const long long told = std::stoll(messages[0].substr(start.size()));
    CHECK(told >= before);
    CHECK(told <= monotonic_us());
}

TEST_CASE("children do not see what the service manager told the daemon") {
    NotifyReceiver receiver;
    const ServiceEnvironment environment({{"NOTIFY_SOCKET", receiver.name()},
                                          {"WATCHDOG_USEC", "30000000"},
                                          {"WATCHDOG_PID", own_pid},
                                          {"LISTEN_FDS", "0"},
                                          {"LISTEN_PID", own_pid},
                                          {"LISTEN_FDNAMES", "control"}});
    const ServiceManager manager = ServiceManager::from_environment();
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS",
                             "LISTEN_PID", "LISTEN_FDNAMES"}) {
        CAPTURE(name);
        CHECK(std::getenv(name) == nullptr);
    }
    CHECK(manager.watchdog() == std::chrono::seconds(30));
}

TEST_CASE("a watchdog is for this process only, and needs somebody who listens") {
    NotifyReceiver receiver;
    const std::string& name = receiver.name();
    CHECK(started_with({{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "5000000"}}).watchdog() ==
          std::chrono::seconds(5));
    CHECK_FALSE(started_with({{"NOTIFY_SOCKET", name}}).watchdog());
    CHECK_FALSE(started_with({{"WATCHDOG_USEC", "5000000"}}).watchdog());
    CHECK_FALSE(
        started_with({{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "5000000"}, {"WATCHDOG_PID", "1"}})
            .watchdog());
    for (const char* bad : {"", "0", "-5", "5s", "99999999999999999999"}) {
        CAPTURE(bad);
        CHECK_FALSE(started_with({{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", bad}}).watchdog());
    }
}

TEST_CASE("without a service manager nothing is told, and one that is gone harms nothing") {
    const ServiceManager nobody = started_with({});
    CHECK_FALSE(nobody.listens());
    nobody.ready();
    const std::string gone = NotifyReceiver().name();
    const LogCapture log;
    const ServiceManager manager = started_with({{"NOTIFY_SOCKET", gone}});
    manager.ready();
    manager.alive();
    CHECK(log.lines_with("cannot tell the service manager: No such file") == 1);
}

TEST_CASE("a notify socket that is no address is refused") {
    for (const std::string& bad :
         {std::string("relative"), std::string("/"), std::string("@"), std::string(200, '/')}) {
        CAPTURE(bad);
        CHECK(error_of([&] {
                  started_with({{"NOTIFY_SOCKET", bad}});
              }).code() == ErrorCode::config);
    }
}

TEST_CASE("work that takes long asks for patience until it is done") {
    NotifyReceiver receiver;
    const ServiceManager manager = started_with({{"NOTIFY_SOCKET", receiver.name()}});
    Messages messages;
    {
        const Patience patience(manager, std::chrono::milliseconds(1));
        while (messages.size() < 2) {
            for (std::string& each : receiver.messages()) messages.push_back(std::move(each));
        }
    }
    CHECK(messages[0] == "EXTEND_TIMEOUT_USEC=1000000");
    CHECK(messages[1] == messages[0]);
    receiver.messages();
    { const Patience short_work(manager); }
    CHECK(receiver.messages().empty());
}

TEST_CASE("the control socket that is handed over is taken, and stays where it is") {
    const TempDir directory;
    const std::string path = (directory.path() / "control.sock").string();
    std::vector<Fd> sockets;
    sockets.push_back(socket_of_manager(path));
    const HandedOver handed_over(std::move(sockets));
    ServiceManager manager = started_with(
        {{"LISTEN_FDS", "1"}, {"LISTEN_PID", own_pid}, {"LISTEN_FDNAMES", "tsbackupd.socket"}});
    const LogCapture log;
    const ControlListener listener = control_listener(manager, path);
    CHECK(listener.handed_over);
    CHECK(listener.path == path);
    CHECK(log.text().empty());
    CHECK((::fcntl(listener.socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(listener.socket.get(), F_GETFL) & O_NONBLOCK) != 0);
    const RawClient client(path);
    const Fd accepted(::accept(listener.socket.get(), nullptr, nullptr));
    CHECK(accepted);
    CHECK_FALSE(manager.take_control_socket());
}

TEST_CASE("of several sockets the one called control is taken") {
    const TempDir directory;
    const std::string path = (directory.path() / "control.sock").string();
    std::vector<Fd> sockets;
    sockets.push_back(socket_of_manager((directory.path() / "other").string()));
    sockets.push_back(socket_of_manager(path));
    const HandedOver handed_over(std::move(sockets));
    ServiceManager manager = started_with(
        {{"LISTEN_FDS", "2"}, {"LISTEN_PID", own_pid}, {"LISTEN_FDNAMES", "other:control"}});
    const LogCapture log;
    CHECK(control_listener(manager, "/run/elsewhere.sock").path == path);
    CHECK(log.lines_with("not on '/run/elsewhere.sock' of control.socket") == 1);
}

TEST_CASE("sockets that are not for this process, or no control socket, are not listened on") {
    const TempDir directory;
    const std::string path = (directory.path() / "own.sock").string();
    SECTION("for another process") {
        std::vector<Fd> sockets;
        sockets.push_back(socket_of_manager((directory.path() / "other").string()));
        const HandedOver handed_over(std::move(sockets));
        ServiceManager manager = started_with({{"LISTEN_FDS", "1"}, {"LISTEN_PID", "1"}});
        const ControlListener listener = control_listener(manager, path);
        CHECK_FALSE(listener.handed_over);
        CHECK(listener.path == path);
    }
    SECTION("one that does not listen") {
        std::vector<Fd> sockets;
        sockets.push_back(socket_of_manager(""));
        const HandedOver handed_over(std::move(sockets));
        ServiceManager manager = started_with({{"LISTEN_FDS", "1"}, {"LISTEN_PID", own_pid}});
        const Error error = error_of([&] { control_listener(manager, path); });
        CHECK(error.code() == ErrorCode::config);
        CHECK(error.hint().find("FileDescriptorName=control") != std::string::npos);
    }
}

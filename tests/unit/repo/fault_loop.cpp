#include "tests/unit/repo/fault_loop.hpp"

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

namespace tsb::test {
namespace {

/// Returns false when the fault was not reached.
bool run_turn(const Loop& loop, std::uint64_t number, Fault fault, Cut cut) {
    Scene scene;
    loop.prepare(scene);
    scene.fs.fail_fitting_call(number, fault);
    const End end = run([&] { loop.attempt(scene); });
    const bool fired = scene.fs.fired();
    INFO("call " << number << " (" << scene.fs.faulty_call() << "), " << to_string(fault)
                 << (cut == Cut::power ? ", power cut" : ""));
    scene.fs.heal();
    if (!fired) CHECK(end == End::success);
    if (!fired) CHECK(scene.fs.unsynced().empty());
    if (end != End::crash) loop.check(scene, end, Moment::at_end);
    scene.repository.reset();
    if (cut == Cut::power) scene.fs.lose_unsynced();
    scene.reopen();
    scene.repository->recover();
    // A power cut may undo what was said to be uncertain.
    const bool unknown = cut == Cut::power && end == End::uncertain;
    loop.check(scene, unknown ? End::crash : end, Moment::after_restart);
    CHECK(scene.repository->recover().empty());
    return fired;
}

}  // namespace

End run(const std::function<void()>& operation) {
    try {
        operation();
        return End::success;
    } catch (const Crashed&) {
        return End::crash;
    } catch (const Error& error) {
        const bool uncertain = std::string(error.what()).find("uncertain") != std::string::npos;
        return uncertain ? End::uncertain : End::failure;
    }
}

void run_loop(const Loop& loop, Fault fault, Cut cut) {
    std::uint64_t number = 1;
    while (run_turn(loop, number, fault, cut)) ++number;
    if (fault == Fault::io_error) CHECK(number > 10);
}

void run_loops(const Loop& loop) {
    for (const Fault fault : all_faults) run_loop(loop, fault, Cut::none);
    for (const Fault fault : {Fault::io_error, Fault::crash}) run_loop(loop, fault, Cut::power);
}

}  // namespace tsb::test

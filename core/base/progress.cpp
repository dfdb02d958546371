#include "core/base/progress.hpp"

namespace tsb {

const char* to_string(Phase phase) {
    switch (phase) {
        case Phase::queued:
            return "queued";
        case Phase::connecting:
            return "connecting";
        case Phase::checking:
            return "checking";
        case Phase::waiting_for_checkpoint:
            return "waiting for checkpoint";
        case Phase::copying:
            return "copying";
        case Phase::receiving_wal:
            return "receiving WAL";
        case Phase::proving:
            return "proving";
        case Phase::syncing:
            return "syncing";
        case Phase::committing:
            return "committing";
        case Phase::verifying:
            return "verifying";
        case Phase::extracting:
            return "extracting";
        case Phase::stopping:
            return "stopping the server";
        case Phase::exchanging:
            return "exchanging";
        case Phase::starting:
            return "starting";
        case Phase::recovering:
            return "recovering";
        case Phase::finishing:
            return "finishing";
        case Phase::done:
            return "done";
    }
    return "unknown";
}

}  // namespace tsb

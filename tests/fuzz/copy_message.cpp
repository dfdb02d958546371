// The typed COPY messages of a base backup, and the order of all its messages. What is accepted
// can be encoded again to the same bytes; the handler is only ever called in the order that it is
// promised; success is only said after all of it. Anything else is Error{protocol}.
#include "core/pg/copy_message.hpp"
#include "core/base/bytes.hpp"
#include "core/pg/backup_protocol.hpp"
#include "tests/fuzz/target.hpp"

namespace tsb::fuzz {
namespace {

constexpr std::string_view tablespace = "16385";
constexpr std::string_view location = "/srv/fast";

/// Holds BackupProtocol to the order in its header.
class OrderCheck : public BackupHandler {
public:
    void started(Lsn, Timeline) override { step(State::begun, State::started); }
    void tablespaces(std::vector<TablespaceInfo> list, std::uint64_t) override {
        step(State::started, State::between);
        archives_ = list.size() + 1;
    }
    void archive_begins(std::string archive) override {
        step(State::between, State::in_archive);
        ++seen_;
        const bool last = seen_ == archives_;
        require(archive == (last ? "base" : tablespace), "only announced archives come, in order");
    }
    void archive_data(Chunk data) override {
        require(state_ == State::in_archive && data.size() > 0, "data is in an archive");
    }
    void archive_ends() override { step(State::in_archive, State::between); }
    void manifest_begins() override {
        step(State::between, State::in_manifest);
        require(seen_ == archives_, "the manifest follows the last archive");
    }
    void manifest_data(Chunk data) override {
        require(state_ == State::in_manifest && data.size() > 0, "data is in the manifest");
    }
    void manifest_ends() override { step(State::in_manifest, State::proven); }
    void progress(std::uint64_t) override {}
    void stopped(Lsn, Timeline) override { step(State::proven, State::stopped); }
    bool is_stopped() const { return state_ == State::stopped; }

private:
    enum class State { begun, started, between, in_archive, in_manifest, proven, stopped };
    void step(State from, State to) {
        require(state_ == from, "the handler is called in order");
        state_ = to;
    }

    State state_ = State::begun;
    std::size_t archives_ = 0;
    std::size_t seen_ = 0;
};

void check_message(std::string_view text, const std::string& ending) {
    accepts({ErrorCode::protocol}, [&] {
        const CopyMessage message = parse_copy_message(as_bytes(text), ending);
        std::vector<std::byte> number;
        append_u64_be(number, message.bytes);
        std::string again(1, text[0]);
        switch (message.kind) {
            case CopyMessage::Kind::archive:
                again += std::string(message.archive) + ending + '\0' +
                         std::string(message.location) + '\0';
                require(message.archive == "base" ||
                            message.archive.find_first_not_of("0123456789") == std::string::npos,
                        "an archive is base or a number");
                break;
            case CopyMessage::Kind::data:
                again = text;
                break;
            case CopyMessage::Kind::progress:
                again += as_text(number);
                break;
            case CopyMessage::Kind::manifest:
                break;
        }
        require(again == text, "a message says no more than what is taken from it");
    });
}

SessionEvent rows(std::vector<std::vector<std::optional<std::string>>> list) {
    SessionEvent event(SessionEvent::Kind::rows);
    event.rows.rows = std::move(list);
    return event;
}

/// One event, as the input spells it.
SessionEvent take_event(Input& input) {
    switch (const unsigned kind = input.byte(); kind) {
        case 'P':
            return rows({{"0/2000028", "1"}});
        case 'T':
            return rows({{std::string(tablespace), std::string(location), "8"},
                         {std::nullopt, std::nullopt, "100"}});
        case 'R':
            return rows({{std::string(input.bytes(input.byte())), std::string(input.bytes(1))}});
        case 'H':
            return SessionEvent(SessionEvent::Kind::copy_out);
        case 'c':
            return SessionEvent(SessionEvent::Kind::copy_done);
        case 'C':
            return SessionEvent(SessionEvent::Kind::complete);
        case 'Z':
            return SessionEvent(SessionEvent::Kind::idle);
        case 'W':
            return SessionEvent(SessionEvent::Kind::copy_both);
        default: {
            SessionEvent event(SessionEvent::Kind::copy_data);
            event.data = Chunk::copy_of(as_bytes(input.bytes(kind)));
            return event;
        }
    }
}

void check_order(std::string_view text) {
    Input input(text);
    const bool old = input.byte() == 'o';
    BackupProtocol protocol(old ? 140000 : 150000);
    OrderCheck handler;
    accepts({ErrorCode::protocol}, [&] {
        while (!input.empty()) protocol.feed(take_event(input), handler);
    });
    if (protocol.complete()) require(handler.is_stopped(), "complete is said after everything");
}

std::string copy_data(const std::string& message) {
    return static_cast<char>(message.size()) + message;
}

}  // namespace

std::vector<std::string> seeds() {
    const std::string end(1, '\0');
    const std::string base = "nbase.tar" + end + end;
    const std::string other = "n16385.tar" + end + "/srv/fast" + end;
    const std::string progress = "p" + std::string(7, '\0') + "\x2A";
    return {
        base,
        other,
        "nbase.tar.gz" + end + end,
        progress,
        "m",
        "ddata",
        "nPTH" + copy_data(other) + copy_data("dtar") + copy_data(progress) + copy_data(base) +
            copy_data("dtar") + copy_data("m") + copy_data("d{}") + "cPCZ",
        "oPTH" + copy_data("tar") + "cH" + copy_data("tar") + "cH" + copy_data("{}") + "cPCZ",
    };
}

void try_input(std::string_view input) {
    check_message(input, ".tar");
    check_message(input, ".tar.gz");
    check_order(input);
}

}  // namespace tsb::fuzz

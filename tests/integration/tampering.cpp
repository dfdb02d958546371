#include "tests/integration/tampering.hpp"

#include <memory>

namespace tsb::test {
namespace {

constexpr std::size_t copy_piece = 32768;

bool starts_with(const std::string& text, const std::string& part) {
    return text.compare(0, part.size(), part) == 0;
}

/// The server's stream of archives and manifest, held back until it is whole.
class Rewriter {
public:
    Rewriter(Change tar, Change manifest) : tar_(std::move(tar)), manifest_(std::move(manifest)) {}

    void operator()(const ServerMessage& message, Delivery& out) {
        const bool copy = answer("BASE_BACKUP", 'd')(message);
        const char kind = copy && !message.payload.empty() ? message.payload[0] : '\0';
        if (kind == 'd' && change_ != nullptr) {
            held_ += message.payload.substr(1);
            return;
        }
        const bool ends = kind == 'n' || kind == 'm' || answer("BASE_BACKUP", 'c')(message);
        if (ends) release(out);
        out.message(message);
        if (kind == 'n') change_ = tar_ ? &tar_ : nullptr;
        if (kind == 'm') change_ = manifest_ ? &manifest_ : nullptr;
    }

private:
    void release(Delivery& out) {
        if (change_ == nullptr) return;
        const std::string text = (*change_)(std::move(held_));
        for (std::size_t sent = 0; sent < text.size(); sent += copy_piece) {
            out.message('d', "d" + text.substr(sent, copy_piece));
        }
        held_.clear();
        change_ = nullptr;
    }

    Change tar_;
    Change manifest_;
    Change* change_ = nullptr;  // of what is being held
    std::string held_;
};

}  // namespace

When answer(const std::string& command, char type, int session) {
    return [=](const ServerMessage& message) {
        return message.session == session && message.type == type &&
               starts_with(message.command, command);
    };
}

When backup_copy(char kind) {
    return [=, copy = answer("BASE_BACKUP", 'd')](const ServerMessage& message) {
        return copy(message) && !message.payload.empty() && message.payload[0] == kind;
    };
}

When wal_copy(char kind) {
    return [=, copy = answer("START_REPLICATION", 'd', 1)](const ServerMessage& message) {
        return copy(message) && !message.payload.empty() && message.payload[0] == kind;
    };
}

When parameter(const std::string& name) {
    return [=](const ServerMessage& message) {
        return message.type == 'S' && starts_with(message.payload, name + '\0');
    };
}

Tampering at(int number, When when, Tampering what) {
    return [=, seen = 0](const ServerMessage& message, Delivery& out) mutable {
        if (when(message) && ++seen == number) {
            what(message, out);
        } else {
            out.message(message);
        }
    };
}

Tampering first(When when, Tampering what) {
    return at(1, std::move(when), std::move(what));
}

Tampering replaced(char type, const std::string& payload) {
    return [=](const ServerMessage&, Delivery& out) { out.message(type, payload); };
}

Tampering put_before(char type, const std::string& payload) {
    return [=](const ServerMessage& message, Delivery& out) {
        out.message(type, payload);
        out.message(message);
    };
}

Tampering put_after(char type, const std::string& payload) {
    return [=](const ServerMessage& message, Delivery& out) {
        out.message(message);
        out.message(type, payload);
    };
}

Tampering changed(Change change) {
    return [=](const ServerMessage& message, Delivery& out) {
        out.message(message.type, change(message.payload));
    };
}

Tampering dropped() {
    return [](const ServerMessage&, Delivery&) {};
}

Tampering repeated() {
    return [](const ServerMessage& message, Delivery& out) {
        out.message(message);
        out.message(message);
    };
}

Tampering cut_off() {
    return [](const ServerMessage&, Delivery& out) { out.cut(); };
}

Tampering lying_about_length(std::uint32_t length, std::size_t size) {
    return [=](const ServerMessage& message, Delivery& out) {
        out.raw(message.type + big_endian(length, 4) + std::string(size, 'd'));
        out.cut();
    };
}

std::string big_endian(std::uint64_t value, int bytes) {
    std::string text;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        text += static_cast<char>(value >> shift & 0xFF);
    }
    return text;
}

std::string archive_message(const std::string& name) {
    return "n" + name + '\0' + '\0';
}

Change field(std::size_t index, const std::string& text) {
    return [=](const std::string& row) {
        const auto null = big_endian(0xFFFFFFFF, 4);
        std::size_t place = 2;  // behind the number of fields
        const auto length_at = [&](std::size_t offset) {
            std::size_t length = 0;
            for (const char c : row.substr(offset, 4)) {
                length = length << 8 | static_cast<unsigned char>(c);
            }
            return row.compare(offset, 4, null) == 0 ? 0 : length;
        };
        for (std::size_t i = 0; i < index; ++i) place += 4 + length_at(place);
        return row.substr(0, place) + big_endian(text.size(), 4) + text +
               row.substr(place + 4 + length_at(place));
    };
}

std::string error_payload(const std::string& sqlstate, const std::string& text) {
    const std::string end(1, '\0');
    return "SERROR" + end + "VERROR" + end + "C" + sqlstate + end + "M" + text + end + end;
}

Tampering rewritten(Change tar, Change manifest) {
    // Shared, because a Tampering is copied for each session.
    return [rewriter = std::make_shared<Rewriter>(std::move(tar), std::move(manifest))](
               const ServerMessage& message, Delivery& out) { (*rewriter)(message, out); };
}

}  // namespace tsb::test

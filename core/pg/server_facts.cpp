#include "core/pg/server_facts.hpp"

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/pg/result_fields.hpp"
#include "core/pg/server_message.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds answer_limit{60};

asio::awaitable<std::string> show(ReplicationSession& session, std::string setting) {
    auto command = "SHOW " + setting;
    const auto result = co_await session.execute(std::move(command), answer_limit);
    require_shape(result, 1, 1);
    co_return text_field(result, 0, 0);
}

}  // namespace

asio::awaitable<ServerIdentity> identify(ReplicationSession& session) {
    const auto result = co_await session.execute("IDENTIFY_SYSTEM", answer_limit);
    require_shape(result, 1, 3);
    ServerIdentity identity;
    identity.system_identifier = number_field<std::uint64_t>(result, 0, 0);
    identity.timeline = number_field<Timeline>(result, 0, 1);
    identity.position = lsn_field(result, 0, 2);
    co_return identity;
}

asio::awaitable<ServerSettings> read_settings(ReplicationSession& session) {
    ServerSettings settings;
    settings.version_text = printable(co_await show(session, "server_version"));
    const auto segment_size = co_await show(session, "wal_segment_size");
    settings.wal_segment_size = parse_size(segment_size).value_or(0);
    if (!valid_segment_size(settings.wal_segment_size)) {
        malformed_field(segment_size);
    }
    settings.wal_level = printable(co_await show(session, "wal_level"));
    const auto max_senders = co_await show(session, "max_wal_senders");
    settings.max_wal_senders = static_cast<int>(parse_number<std::uint16_t>(max_senders));
    settings.data_checksums = co_await show(session, "data_checksums") == "on";
    co_return settings;
}

void require_backup_settings(const ServerSettings& settings) {
    if (settings.wal_level == "minimal") {
        throw Error(ErrorCode::server_settings, "the server's wal_level is minimal",
                    "wal_level = replica in postgresql.conf, then restart");
    }
    if (settings.max_wal_senders < 2) {
        throw Error(ErrorCode::server_settings,
                    "the server's max_wal_senders is " + std::to_string(settings.max_wal_senders) +
                        ", a backup needs 2",
                    "max_wal_senders = 10 in postgresql.conf, then restart");
    }
}

void require_same_cluster(const ServerIdentity& a, const ServerIdentity& b) {
    if (a.system_identifier != b.system_identifier) {
        throw Error(ErrorCode::wrong_cluster,
                    "two connections reached different clusters (system identifiers " +
                        std::to_string(a.system_identifier) + " and " +
                        std::to_string(b.system_identifier) + ")");
    }
    if (a.timeline != b.timeline) {
        throw Error(ErrorCode::wrong_cluster, "two connections reached different timelines (" +
                                                  std::to_string(a.timeline) + " and " +
                                                  std::to_string(b.timeline) + ")");
    }
}

}  // namespace tsb

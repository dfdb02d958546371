#include "tests/unit/ops/server_script.hpp"

#include "core/io/block_codec.hpp"

namespace tsb::test {

namespace {

using Kind = SessionEvent::Kind;
using Row = std::vector<std::optional<std::string>>;
using Script = std::deque<SessionEvent>;

constexpr std::size_t backup_message = 8192;
constexpr std::size_t wal_message = 128 * 1024;

SessionEvent rows_event(ResultSet rows) {
    SessionEvent event(Kind::rows);
    event.rows = std::move(rows);
    return event;
}

ResultSet result(std::vector<std::string> columns, std::vector<Row> rows) {
    ResultSet set;
    set.columns = std::move(columns);
    set.rows = std::move(rows);
    return set;
}

SessionEvent data_event(const std::string& message) {
    SessionEvent event(Kind::copy_data);
    event.data = Chunk::copy_of(as_bytes(message));
    return event;
}

SessionEvent position_event(Lsn lsn, Timeline timeline) {
    return rows_event(result({"recptr", "tli"}, {{to_string(lsn), std::to_string(timeline)}}));
}

SessionEvent tablespaces_event(const ServerSettingsAndFaults& settings) {
    std::vector<Row> rows;
    for (const SyntheticArchive& archive : settings.cluster.archives) {
        if (archive.name == "base") {
            rows.push_back({std::nullopt, std::nullopt, std::to_string(settings.cluster_kb)});
        } else {
            rows.push_back({archive.name, archive.location, "9"});
        }
    }
    return rows_event(result({"spcoid", "spclocation", "size"}, std::move(rows)));
}

void append_data(Script& script, const std::string& prefix, const std::string& content) {
    for (std::size_t at = 0; at < content.size(); at += backup_message) {
        script.push_back(data_event(prefix + content.substr(at, backup_message)));
    }
}

/// 13 and 14: one COPY for each archive and one for the manifest.
void append_untyped(Script& script, const SyntheticCluster& cluster) {
    const auto append_copy = [&script](const std::string& content) {
        script.emplace_back(Kind::copy_out);
        append_data(script, "", content);
        script.emplace_back(Kind::copy_done);
    };
    for (const SyntheticArchive& archive : cluster.archives) {
        append_copy(tar_of(archive, false));
    }
    append_copy(cluster.manifest);
}

std::string big_endian(std::uint64_t value) {
    std::vector<std::byte> bytes;
    append_u64_be(bytes, value);
    return std::string(as_text(bytes));
}

/// In two members or frames, the second of which is large.
std::string compressed(const std::string& tar, const Compression& compression) {
    const BlockCodec* codec = block_codec(compression.method);
    if (codec == nullptr) return tar;
    const auto compressor = codec->make_compressor(compression.level);
    Buffer first;
    Buffer second;
    compressor->compress_block(as_bytes(tar).first(1), first);
    compressor->compress_block(as_bytes(tar).subspan(1), second);
    return std::string(as_text(first.bytes())) + std::string(as_text(second.bytes()));
}

/// What the server is asked to compress with.
Compression compression_of(const std::string& command) {
    const std::string key = "COMPRESSION '";
    const std::size_t at = command.find(key);
    if (at == std::string::npos) return {CompressionMethod::none, 0};
    const std::size_t begin = at + key.size();
    return parse_compression(command.substr(begin, command.find('\'', begin) - begin)).value();
}

/// 15 and newer: one COPY of typed messages.
void append_typed(Script& script, const SyntheticCluster& cluster, const Compression& compression) {
    using namespace std::string_literals;
    script.emplace_back(Kind::copy_out);
    std::uint64_t sent = 0;
    for (const SyntheticArchive& archive : cluster.archives) {
        const std::string tar = compressed(tar_of(archive, true), compression);
        const std::string ending(file_extension(compression.method));
        script.push_back(
            data_event("n" + archive.name + ".tar" + ending + "\0"s + archive.location + "\0"s));
        append_data(script, "d", tar);
        sent += tar.size();
        script.push_back(data_event("p" + big_endian(sent)));
    }
    script.push_back(data_event("m"));
    append_data(script, "d", cluster.manifest);
    script.emplace_back(Kind::copy_done);
}

std::uint64_t wal_begin(const SyntheticCluster& cluster) {
    return segment_start(cluster.start, synthetic_segment_size).value;
}

}  // namespace

ResultSet answer_of(const std::string& command, const ServerSettingsAndFaults& settings,
                    Role role) {
    const SyntheticCluster& cluster = settings.cluster;
    const std::string version = std::to_string(cluster.server_version / 10000) + "." +
                                std::to_string(cluster.server_version % 10000);
    const std::map<std::string, std::string> shown{{"SHOW server_version", version},
                                                   {"SHOW wal_segment_size", "1MB"},
                                                   {"SHOW wal_level", settings.wal_level},
                                                   {"SHOW max_wal_senders", "10"},
                                                   {"SHOW data_checksums", "on"}};
    if (const auto found = shown.find(command); found != shown.end()) {
        return result({command.substr(5)}, {{found->second}});
    }
    if (command == "IDENTIFY_SYSTEM") {
        const bool other = role == Role::wal && settings.wal_session_identifier != 0;
        const std::uint64_t identifier =
            other ? settings.wal_session_identifier : cluster.system_identifier;
        return result({"systemid", "timeline", "xlogpos", "dbname"},
                      {{std::to_string(identifier), std::to_string(cluster.timeline),
                        to_string(cluster.start), std::nullopt}});
    }
    if (command.starts_with("CREATE_REPLICATION_SLOT")) {
        if (settings.slot_error) {
            throw *settings.slot_error;
        }
        return result({"slot_name", "consistent_point", "snapshot_name", "output_plugin"},
                      {{"slot", "0/0", std::nullopt, std::nullopt}});
    }
    if (command.starts_with("TIMELINE_HISTORY ")) {
        const Timeline timeline = cluster.timeline;
        return result({"filename", "content"},
                      {{timeline_history_name(timeline), "1\t0/2000000\tno reason\n"}});
    }
    throw Error(ErrorCode::server_error, "syntax error: " + command);
}

Script backup_script(const ServerSettingsAndFaults& settings, const std::string& command) {
    const SyntheticCluster& cluster = settings.cluster;
    const Timeline timeline =
        settings.base_backup_timeline != 0 ? settings.base_backup_timeline : cluster.timeline;
    Script script;
    script.push_back(position_event(cluster.start, timeline));
    script.push_back(tablespaces_event(settings));
    if (cluster.server_version >= 150000) {
        append_typed(script, cluster, compression_of(command));
    } else {
        append_untyped(script, cluster);
    }
    script.push_back(position_event(cluster.end, timeline));
    if (!settings.last_error) {
        script.emplace_back(Kind::complete);
        script.emplace_back(Kind::idle);
    }
    return script;
}

Script wal_script(const ServerSettingsAndFaults& settings) {
    const std::uint64_t begin = wal_begin(settings.cluster);
    const std::string& wal = settings.cluster.wal;
    const std::string end = big_endian(begin + wal.size());
    Script script;
    script.emplace_back(Kind::copy_both);
    unsigned number = 0;
    for (std::size_t at = 0; at < wal.size(); at += wal_message) {
        if (++number == settings.lost_wal_message) {
            continue;
        }
        script.push_back(data_event("w" + big_endian(begin + at) + end + big_endian(0) +
                                    wal.substr(at, wal_message)));
    }
    return script;
}

Script wal_end_script() {
    Script script;
    script.emplace_back(Kind::copy_done);
    script.emplace_back(Kind::complete);
    script.emplace_back(Kind::idle);
    return script;
}

SessionEvent keepalive(const ServerSettingsAndFaults& settings) {
    using namespace std::string_literals;
    const std::uint64_t end = wal_begin(settings.cluster) + settings.cluster.wal.size();
    return data_event("k" + big_endian(end) + big_endian(0) + "\0"s);
}

}  // namespace tsb::test

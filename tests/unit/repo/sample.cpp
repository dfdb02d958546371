#include "tests/unit/repo/sample.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/io/digest.hpp"

namespace tsb::test {

DrillResult drilled(const std::string& problems) {
    return {noon, 9120, 2310, problems, "job-2"};
}
namespace {

StoredFile store(Fs& fs, int directory, const std::string& name, const std::string& text) {
    write_new_file(fs, directory, name, as_bytes(text));
    return {name, text.size(), sha256_hex(as_bytes(text))};
}

}  // namespace

Metadata sample_metadata(BackupFormat format) {
    Metadata m;
    m.id = "cluster_backup_20261123_014224";
    m.cluster = "main";
    m.label = "a \"label\" with \\ and \xC3\xA9";
    m.tsbackup_version = "0.1.0";
    m.job_id = "job-17";
    m.format = format;
    m.compression = format == BackupFormat::tar ? Compression(CompressionMethod::zstd, 3)
                                                : Compression(CompressionMethod::none, 0);
    m.server_version = "17.11 (Debian 17.11-1.pgdg13+1)";
    m.server_version_num = 170011;
    m.system_identifier = 18446744073709551615ULL;
    m.from_standby = true;
    m.wal_segment_size = 16 << 20;
    m.timeline = 3;
    m.start_lsn = {0x1600000028};
    m.end_lsn = {0x16B374D848};
    m.wal_ranges = {{2, {0x1600000028}, {0x1601000000}}, {3, {0x1601000000}, {0x16B374D848}}};
    m.tablespaces = {{16385, "/srv/fast disk\nx", 12345}, {16386, "\xFFlatin", 0}};
    m.databases = {{"app", 1 << 20, "en_US.UTF-8 (libc 2.36)", "2.29.2", "timescale", ""},
                   {"b\xE9", 7, "", "", "", "permission denied"}};
    m.started_at = from_iso8601("2026-11-23T01:42:24Z");
    m.stopped_at = from_iso8601("2026-11-23T01:52:24Z");
    m.server_stopped_at = "2026-11-23T01:52:20Z";
    m.checkpoint_ms = 11;
    m.copy_ms = 22;
    m.total_ms = 33;
    m.cluster_bytes = 1ULL << 50;
    m.stored_bytes = 1ULL << 49;
    m.member_count = 3917;
    return m;
}

Metadata make_backup(Repository& repository, const std::string& cluster, const std::string& when) {
    BackupDraft draft(repository, cluster, from_iso8601(when));
    Fs& fs = repository.fs();
    const int directory = draft.directory();
    Metadata metadata = sample_metadata(BackupFormat::plain);
    metadata.files.push_back(store(fs, directory, "backup_manifest", "{}"));
    fs.make_directory(directory, "data", 0700);
    fs.make_directory(directory, "data/pg_wal", 0700);
    metadata.files.push_back(store(fs, directory, "data/pg_wal/000000010000000000000001", "wal"));
    fs.make_directory(directory, "data/empty", 0700);
    metadata.directories = {"empty", "pg_wal"};
    return draft.commit(metadata);
}

std::string problem_of(Repository& repository, const std::string& cluster, const std::string& id) {
    try {
        Fs& fs = repository.fs();
        const BackupHandle backup = repository.open_backup(cluster, id);
        for (const StoredFile& file : backup.metadata.files) {
            const std::string text =
                read_whole_file(fs, backup.directory.get(), file.name, file.size);
            if (sha256_hex(as_bytes(text)) != file.sha256) return file.name + " differs";
        }
        for (const std::string& path : backup.metadata.directories) {
            fs.open_directory(backup.directory.get(), "data/" + path);
        }
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

Scene::Scene() : path(temp.path() / "repository") {
    Repository::create(fs, path);
    reopen();
}

void Scene::reopen() {
    repository.reset();
    repository.emplace(Repository::open(fs, path));
    repository->lock();
}

std::vector<std::string> Scene::ids(const std::string& cluster) {
    std::vector<std::string> found;
    for (const BackupEntry& entry : repository->list(cluster)) found.push_back(entry.id);
    return found;
}

std::vector<std::string> Scene::names_in(const std::string& below) const {
    std::vector<std::string> found;
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(path / below, missing)) {
        found.push_back(entry.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace tsb::test

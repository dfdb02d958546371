#include "core/ops/backup_store.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/io/archive_reader.hpp"
#include "core/io/decompressed_source.hpp"
#include "core/io/extractor.hpp"
#include "core/ops/plain_tree.hpp"
#include "core/repo/names.hpp"

namespace tsb {

namespace {

Error not_proven(const std::string& why) {
    return {ErrorCode::proof_failed, "cannot accept the backup: " + why};
}

std::string plain_path(const std::string& path) {
    return std::string(names::plain_data_directory) + "/" + path;
}

}  // namespace

BackupStore::BackupStore(Fs& fs, int directory, const BackupStoreOptions& options)
    : fs_(fs),
      directory_(directory),
      options_(options),
      pool_(options.workers, [this] { lower_priority(); }),
      wal_check_(options.server_major, options.system_identifier, options.wal_segment_size) {
    if (options_.format == BackupFormat::plain) {
        make_plain_directories(plain_path("pg_wal/archive_status"));
        make_plain_directories(plain_path("pg_tblspc"));
        sums_ = std::make_unique<Sha256SumsWriter>(fs_, directory_, pool_);
    }
}

// A pipeline's threads are started by the one that does its work, and are as low as that one.
void BackupStore::lower_priority() const {
    if (const auto problem = lower_this_thread(options_.priority)) {
        log(LogLevel::warning, "", "a backup runs at full priority: " + *problem);
    }
}

BackupStore::Work BackupStore::lowered(Work work) const {
    return [this, work = std::move(work)](ByteSource& source) {
        lower_priority();
        work(source);
    };
}

BackupStore::Work BackupStore::archive_work(const std::string& archive) {
    if (options_.format == BackupFormat::tar) {
        return lowered([this, archive](ByteSource& source) { store_archive(archive, source); });
    }
    if (archive != "base") {
        make_plain_directories(plain_path("pg_tblspc/" + archive));
    }
    return lowered([this, archive](ByteSource& source) { extract_archive(archive, source); });
}

BackupStore::Work BackupStore::wal_work() {
    if (options_.format == BackupFormat::tar) {
        return lowered([this](ByteSource& source) { archive_wal(source); });
    }
    return lowered([this](ByteSource& source) { extract_wal(source); });
}

BackupStore::Work BackupStore::manifest_work() {
    return lowered([this](ByteSource& source) {
        ArchiveWriter writer(fs_, directory_, manifest_name(),
                             Compression(CompressionMethod::none, 0), pool_);
        TeeSource tee(source, writer);
        drain(tee);
        add_file(writer.finish());
    });
}

void BackupStore::store_archive(const std::string& archive, ByteSource& source) {
    const std::string name = names::archive_file(archive, options_.compression.method);
    // What the server compressed is stored as it came.
    const bool as_it_comes = options_.compression.on_server;
    ArchiveWriter writer(
        fs_, directory_, name,
        as_it_comes ? Compression(CompressionMethod::none, 0) : options_.compression, pool_);
    TeeSource tee(source, writer);
    MemberDigester digester(kind_of_members(), [&](const std::string& path, std::uint64_t size,
                                                   const std::vector<std::byte>& digest) {
        add_member(manifest_path(archive, path), size, digest);
    });
    walk_data(archive, tee, digester);
    add_file(writer.finish());
}

void BackupStore::walk_data(const std::string& archive, ByteSource& source,
                            MemberVisitor& visitor) {
    std::optional<DecompressedSource> decompressed;
    if (options_.compression.on_server) {
        decompressed.emplace(source, *block_codec(options_.compression.method), archive);
    }
    ByteSource& tar = decompressed ? *decompressed : source;
    if (archive == "base") {
        VisitorPair checks(control_check_, tablespace_links_);
        VisitorPair all(visitor, checks);
        walk_tar(tar, archive, all);
    } else {
        walk_tar(tar, archive, visitor);
    }
    if (decompressed) {
        drain(*decompressed);  // so that a stream that ends too early is noticed
    }
}

void BackupStore::extract_archive(const std::string& archive, ByteSource& source) {
    const std::string root_path =
        archive == "base" ? names::plain_data_directory : plain_path("pg_tblspc/" + archive);
    const Fd root = fs_.open_directory(directory_, root_path);
    ExtractOptions extract;
    extract.workers = options_.workers;
    extract.cache = PageCache::drop;
    extract.digest_for = kind_of_members();
    extract.with_sha256 = true;
    extract.on_file = [&](const ExtractedFile& file) {
        const std::string path = manifest_path(archive, file.path);
        add_member(path, file.size, file.digest);
        sums_->add(path, file.sha256);
    };
    Extractor extractor(fs_, root.get(), std::move(extract));
    walk_data(archive, source, extractor);
    extractor.finish();
}

void BackupStore::archive_wal(ByteSource& source) {
    const std::string name = names::archive_file("pg_wal", options_.compression.method);
    ArchiveWriter writer(fs_, directory_, name, options_.compression, pool_);
    TeeSource tee(source, writer);
    std::uint64_t bytes = 0;
    MemberDigester counter([](const std::string&) { return DigestKind::none; },
                           [&](const std::string&, std::uint64_t size,
                               const std::vector<std::byte>&) { bytes += size; });
    VisitorPair visitors(counter, wal_check_);
    walk_tar(tee, name, visitors);
    add_file(writer.finish());
    const std::lock_guard lock(mutex_);
    wal_bytes_ = bytes;
}

void BackupStore::extract_wal(ByteSource& source) {
    const Fd root = fs_.open_directory(directory_, plain_path("pg_wal"));
    ExtractOptions extract;
    extract.workers = 1;
    extract.cache = PageCache::drop;
    extract.digest_for = [](const std::string&) { return DigestKind::sha256; };
    extract.on_file = [&](const ExtractedFile& file) {
        add_file({plain_path("pg_wal/" + file.path), file.size, to_hex(file.digest)});
        const std::lock_guard lock(mutex_);
        wal_bytes_ += file.size;
    };
    Extractor extractor(fs_, root.get(), std::move(extract));
    VisitorPair visitors(extractor, wal_check_);
    walk_tar(source, "pg_wal", visitors);
    extractor.finish();
}

void BackupStore::make_plain_directories(const std::string& path) {
    for (std::size_t slash = path.find('/');; slash = path.find('/', slash + 1)) {
        const std::string prefix = path.substr(0, slash);
        if (!fs_.status(directory_, prefix)) {
            fs_.make_directory(directory_, prefix, 0700);
        }
        if (slash == std::string::npos) {
            return;
        }
    }
}

MemberDigester::KindOf BackupStore::kind_of_members() const {
    return [kind = options_.member_digest](const std::string&) { return kind; };
}

void BackupStore::add_member(const std::string& path, std::uint64_t size, Bytes digest) {
    const std::lock_guard lock(mutex_);
    members_.add(path, size, options_.member_digest, digest);
}

void BackupStore::add_file(StoredFile file) {
    const std::lock_guard lock(mutex_);
    files_.push_back(std::move(file));
}

std::string BackupStore::manifest_name() const {
    return options_.format == BackupFormat::plain ? plain_path(names::manifest_file)
                                                  : names::manifest_file;
}

Manifest BackupStore::read_manifest() {
    ArchiveReader reader(fs_, directory_, manifest_name(), CompressionMethod::none, pool_);
    return Manifest::parse(reader, names::manifest_file);
}

std::uint64_t BackupStore::plain_bytes(const Manifest& manifest) const {
    return options_.format == BackupFormat::plain ? manifest.total_size() : 0;
}

void BackupStore::prove_identity(const Manifest& manifest) const {
    if (manifest.system_identifier().value_or(options_.system_identifier) !=
        options_.system_identifier) {
        throw not_proven("its manifest names another system identifier");
    }
    const std::string problem = control_check_.problem(options_.system_identifier);
    if (!problem.empty()) {
        throw not_proven(problem);
    }
}

// A tablespace that was created meanwhile would not be restored to a place of the restore's choice:
// replay makes it again where the server has it, and both would write to the same files.
void BackupStore::prove_tablespaces(const Manifest& manifest, const Metadata& metadata) const {
    std::set<std::string> announced;
    for (const TablespaceInfo& tablespace : metadata.tablespaces) {
        if (tablespace.location.starts_with('/')) {
            announced.insert("pg_tblspc/" + std::to_string(tablespace.oid));
        }
    }
    // A server that was asked for a tablespace map sends no links at all.
    for (const std::string& link : tablespace_links_.links()) {
        if (!announced.contains(link)) {
            throw not_proven("the server did not announce the tablespace of '" + link + "'");
        }
    }
    const auto created = wal_check_.tablespaces_created(manifest.wal_ranges());
    if (!created.empty()) {
        throw Error(ErrorCode::proof_failed,
                    "cannot accept the backup: tablespace " + std::to_string(created[0].oid) +
                        " at '" + printable(created[0].location) + "' was created while it ran",
                    "take the backup again: replay of this one would use that very directory");
    }
}

void BackupStore::prove_wal(const Manifest& manifest, const Metadata& metadata) const {
    std::vector<WalRange> ranges = manifest.wal_ranges();
    std::ranges::sort(ranges, {}, &WalRange::start);
    Lsn covered = metadata.start_lsn;
    for (const WalRange& range : ranges) {
        if (range.start <= covered) {
            covered = std::max(covered, range.end);
        }
    }
    if (covered < metadata.end_lsn) {
        throw not_proven("its manifest does not ask for all WAL from " +
                         to_string(metadata.start_lsn) + " to " + to_string(metadata.end_lsn));
    }
    const std::vector<std::string> problems = wal_check_.problems(ranges);
    if (!problems.empty()) {
        throw Error(ErrorCode::wal_missing, "cannot accept the backup: " + problems.front());
    }
}

void BackupStore::prove_into(Metadata& metadata) {
    const Manifest manifest = read_manifest();
    prove_identity(manifest);
    members_.prove(manifest);
    prove_wal(manifest, metadata);
    prove_tablespaces(manifest, metadata);
    if (sums_) add_file(sums_->finish());
    metadata.wal_ranges = manifest.wal_ranges();
    metadata.member_count = manifest.files().size();
    metadata.cluster_bytes = manifest.total_size() + wal_bytes_;
    std::sort(files_.begin(), files_.end(),
              [](const StoredFile& a, const StoredFile& b) { return a.name < b.name; });
    metadata.files = files_;
    metadata.stored_bytes = plain_bytes(manifest);
    for (const StoredFile& file : files_) {
        metadata.stored_bytes += file.size;
    }
    if (options_.format == BackupFormat::plain) {
        const Fd data = fs_.open_directory(directory_, names::plain_data_directory);
        metadata.directories = list_tree(fs_, data.get()).directories;
    }
}

}  // namespace tsb

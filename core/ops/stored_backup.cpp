#include "core/ops/stored_backup.hpp"

#include <algorithm>
#include <set>

#include "core/base/error.hpp"
#include "core/io/archive_reader.hpp"
#include "core/ops/member_visitors.hpp"
#include "core/ops/sha256_sums.hpp"
#include "core/repo/names.hpp"

namespace tsb {

std::vector<std::string> StoredBackup::data_archives() const {
    std::vector<std::uint32_t> oids;
    for (const TablespaceInfo& tablespace : metadata().tablespaces) {
        oids.push_back(tablespace.oid);
    }
    std::sort(oids.begin(), oids.end());
    std::vector<std::string> archives;
    for (const std::uint32_t oid : oids) {
        archives.push_back(std::to_string(oid));
    }
    archives.emplace_back("base");
    return archives;
}

const StoredFile* StoredBackup::find(const std::string& name) const {
    const auto found = std::ranges::find(metadata().files, name, &StoredFile::name);
    return found == metadata().files.end() ? nullptr : &*found;
}

const StoredFile& StoredBackup::file(const std::string& name) const {
    if (const StoredFile* found = find(name)) {
        return *found;
    }
    throw Error(ErrorCode::damaged, "backup '" + backup_.id + "' does not list '" + name + "'");
}

const StoredFile& StoredBackup::archive_file(const std::string& archive) const {
    return file(names::archive_file(archive, metadata().compression.method));
}

StoredBackup::Listing StoredBackup::listing() const {
    std::set<std::string> expected{names::metadata_file};
    for (const StoredFile& file : metadata().files) {
        expected.insert(file.name.substr(0, file.name.find('/')));
    }
    Listing listing;
    for (const std::string& name : fs_.entries(directory())) {
        if (expected.erase(name) == 0) {
            listing.extra.push_back(printable(name) + ": does not belong to the backup");
        }
    }
    for (const std::string& name : expected) {
        listing.missing.push_back(printable(name) + ": is missing");
    }
    return listing;
}

std::string StoredBackup::digest_problem(const StoredFile& file,
                                         const OnStoredBytes& on_bytes) const {
    try {
        ArchiveReader reader(fs_, directory(), file.name, CompressionMethod::none, pool_);
        MeteredSource metered(reader, on_bytes);
        drain(metered);
        return stored_file_problem(file, reader.stored_size(), reader.stored_sha256());
    } catch (const Error& error) {
        if (error.code() == ErrorCode::cancelled) {
            throw;
        }
        return file.name + ": " + error.what();
    }
}

std::string StoredBackup::size_problem(const StoredFile& file) const {
    const auto status = fs_.status(directory(), file.name);
    if (!status || status->kind != FileKind::file) {
        return file.name + ": is missing";
    }
    return stored_file_problem(file, status->size, file.sha256);
}

bool StoredBackup::holds_data(const StoredFile& file) const {
    if (plain()) {
        return file.name.starts_with(std::string(names::plain_data_directory) + "/pg_wal/");
    }
    std::vector<std::string> archives = data_archives();
    archives.emplace_back("pg_wal");
    return std::ranges::any_of(archives, [&](const std::string& archive) {
        return file.name == archive_file(archive).name;
    });
}

std::string StoredBackup::manifest_name() const {
    return plain() ? std::string(names::plain_data_directory) + "/" + names::manifest_file
                   : names::manifest_file;
}

Manifest StoredBackup::manifest() const {
    ArchiveReader reader(fs_, directory(), manifest_name(), CompressionMethod::none, pool_);
    Manifest manifest = Manifest::parse(reader, manifest_name());
    if (manifest.system_identifier().value_or(metadata().system_identifier) !=
        metadata().system_identifier) {
        throw Error(ErrorCode::damaged, manifest_name() + ": is of another system identifier");
    }
    if (const StoredFile* recorded = find(names::sha256_sums_file)) {
        ArchiveReader sums(fs_, directory(), names::sha256_sums_file, CompressionMethod::none,
                           pool_);
        FileTable digests =
            read_sha256_sums(sums, names::sha256_sums_file, manifest.files().size());
        const std::string problem =
            stored_file_problem(*recorded, sums.stored_size(), sums.stored_sha256());
        if (!problem.empty()) {
            throw Error(ErrorCode::damaged, problem);
        }
        manifest.use_digests(std::move(digests), names::sha256_sums_file);
    }
    return manifest;
}

std::string stored_file_problem(const StoredFile& file, std::uint64_t size,
                                const std::string& sha256) {
    if (size != file.size) {
        return file.name + ": is " + std::to_string(size) + " bytes long, " +
               std::to_string(file.size) + " were stored";
    }
    if (sha256 != file.sha256) {
        return file.name + ": its SHA-256 is not that of the stored bytes";
    }
    return {};
}

}  // namespace tsb

#include "core/pg/wal_check.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr std::uint64_t page_size = wal_page_size;
constexpr std::size_t most_lines = 100;
// Bounds memory when an archive is made of nothing but damage; sound WAL has one run a segment.
constexpr std::size_t most_fault_runs = 100'000;

struct PageMagic {
    int server_major;
    std::uint16_t value;
};
constexpr std::array page_magics{
    PageMagic{13, 0xD106}, PageMagic{14, 0xD10D}, PageMagic{15, 0xD110},
    PageMagic{16, 0xD113}, PageMagic{17, 0xD116}, PageMagic{18, 0xD118},
};

std::uint16_t page_magic_of(int server_major) {
    const auto magic = std::ranges::find(page_magics, server_major, &PageMagic::server_major);
    if (magic == page_magics.end()) {
        throw Error(ErrorCode::version_mismatch, "cannot check WAL of PostgreSQL " +
                                                     std::to_string(server_major) +
                                                     ": only 13 to 18 are known");
    }
    return magic->value;
}

struct SegmentPlace {
    Timeline timeline;
    Lsn start;
};

/// Where a segment named `name` lies; nothing when it is no segment's name.
std::optional<SegmentPlace> parse_segment_name(const std::string& name, std::uint64_t size) {
    const auto bytes = from_hex(name);
    if (!bytes || bytes->size() != 12) return std::nullopt;
    ByteReader reader(*bytes);
    const Timeline timeline = reader.u32_be();
    const std::uint64_t log = reader.u32_be();
    return SegmentPlace{timeline, {(log << 32) + reader.u32_be() * size}};
}

}  // namespace

WalCheck::WalCheck(int server_major, std::uint64_t system_identifier, std::uint64_t segment_size)
    : server_major_(server_major),
      page_magic_(page_magic_of(server_major)),
      system_identifier_(system_identifier),
      segment_size_(segment_size) {
    if (!valid_segment_size(segment_size)) {
        throw Error(ErrorCode::damaged, "cannot check WAL: " + std::to_string(segment_size) +
                                            " bytes is no segment size of PostgreSQL");
    }
}

void WalCheck::begin(const TarMember& member) {
    current_ = nullptr;
    if (member.kind != FileKind::file) return;
    const auto place = parse_segment_name(member.path, segment_size_);
    if (!place) return;
    const auto [entry, added] = segments_.try_emplace(member.path);
    entry->second.twice = !added;
    if (!added) return;
    entry->second.timeline = place->timeline;
    entry->second.start = place->start;
    current_ = &entry->second;
    switched_ = false;
    records_.begin_segment();
}

void WalCheck::data(Bytes bytes) {
    if (current_ == nullptr) return;
    while (!bytes.empty()) {
        const std::uint64_t offset = current_->size % page_size;
        const std::size_t taken = std::min<std::uint64_t>(page_size - offset, bytes.size());
        std::memcpy(page_.data() + offset, bytes.data(), taken);
        current_->size += taken;
        bytes = bytes.subspan(taken);
        if (offset + taken == page_size && current_->size <= segment_size_) finish_page(*current_);
    }
}

void WalCheck::end() {
    current_ = nullptr;
}

void WalCheck::finish_page(Segment& segment) {
    const std::uint64_t page = segment.size / page_size - 1;
    const WalPageHeader header = parse_wal_page_header(page_);
    const Fault fault = judge_page(segment, page, header);
    if (fault != Fault::none) {
        record(segment, page, fault);
        records_.begin_segment();
    } else if (!switched_) {
        records_.page(header, page_);
    }
    std::ranges::copy(Bytes(last_page_).last(wal_record_rest), before_last_page_.begin());
    last_page_.swap(page_);
}

WalCheck::Fault WalCheck::judge_page(const Segment& segment, std::uint64_t page,
                                     const WalPageHeader& header) {
    const Fault fault = judge_header(segment, page, header);
    if (fault != Fault::empty || page == 0) return fault;
    if (!switched_) switched_ = ends_with_switch(last_page_, before_last_page_);
    return switched_ ? Fault::none : fault;
}

WalCheck::Fault WalCheck::judge_header(const Segment& segment, std::uint64_t page,
                                       const WalPageHeader& header) const {
    if (header.magic == 0) return Fault::empty;
    if (header.magic != page_magic_) return Fault::magic;
    if (header.address.value != segment.start.value + page * page_size) return Fault::address;
    // A segment begun at a timeline switch repeats pages of the older timeline.
    if (header.timeline == 0 || header.timeline > segment.timeline) return Fault::timeline;
    if (page != 0) return Fault::none;

    if (!header.is_long) return Fault::long_header;
    if (header.system_identifier != system_identifier_) return Fault::system;
    if (header.segment_size != segment_size_ || header.page_size != page_size) return Fault::sizes;
    return Fault::none;
}

void WalCheck::record(Segment& segment, std::uint64_t page, Fault fault) {
    if (!segment.faults.empty()) {
        FaultRun& last = segment.faults.back();
        if (last.fault == fault && last.last_page + 1 == page) {
            last.last_page = page;
            return;
        }
    }
    if (++fault_runs_ <= most_fault_runs) segment.faults.push_back({page, page, fault});
}

std::vector<std::string> WalCheck::problems(const std::vector<WalRange>& ranges) const {
    std::vector<std::string> lines;
    for (const auto& [name, segment] : segments_) {
        if (lines.size() >= most_lines) return lines;
        const std::string subject = "WAL segment '" + name + "' ";
        if (wal_segment_name(segment.timeline, segment.start, segment_size_) != name) {
            lines.push_back(subject + "has a name that no segment of " +
                            std::to_string(segment_size_) + " bytes has");
        } else if (segment.twice) {
            lines.push_back(subject + "is there twice");
        } else if (segment.size != segment_size_) {
            lines.push_back(subject + "has " + std::to_string(segment.size) + " bytes instead of " +
                            std::to_string(segment_size_));
        }
    }
    if (fault_runs_ > most_fault_runs) {
        lines.push_back("WAL is damaged in more than " + std::to_string(most_fault_runs) +
                        " places");
    }
    for (const WalRange& range : ranges) add_range_problems(range, lines);
    return lines;
}

std::vector<TablespaceCreation> WalCheck::tablespaces_created(
    const std::vector<WalRange>& ranges) const {
    std::vector<TablespaceCreation> created;
    std::ranges::copy_if(
        records_.tablespaces(), std::back_inserter(created), [&](const TablespaceCreation& made) {
            const auto replays = [&](const WalRange& range) {
                return range.start <= made.at && made.at < range.end;
            };
            return made.location.starts_with('/') && std::ranges::any_of(ranges, replays);
        });
    return created;
}

void WalCheck::add_range_problems(const WalRange& range, std::vector<std::string>& lines) const {
    if (range.start >= range.end) return;
    const Lsn last = segment_start({range.end.value - 1}, segment_size_);
    for (Lsn at = segment_start(range.start, segment_size_);; at.value += segment_size_) {
        // A range from a forged manifest may span more segments than can ever be named.
        if (lines.size() >= most_lines) return;
        std::string line =
            segment_problem(wal_segment_name(range.timeline, at, segment_size_), range);
        if (!line.empty()) lines.push_back(std::move(line));
        if (at == last) return;
    }
}

std::string WalCheck::segment_problem(const std::string& name, const WalRange& range) const {
    const auto entry = segments_.find(name);
    if (entry == segments_.end()) return "WAL segment '" + name + "' is missing";
    const Segment& segment = entry->second;
    if (segment.twice || segment.size != segment_size_) return {};  // has its line already

    // Unsigned arithmetic on offsets inside the segment: both ends are clipped to it first.
    const std::uint64_t begin = std::max(range.start, segment.start).value - segment.start.value;
    const std::uint64_t end = std::min(range.end.value - segment.start.value, segment_size_);
    const std::uint64_t first_page = begin / page_size;
    const std::uint64_t last_page = (end - 1) / page_size;
    for (const FaultRun& run : segment.faults) {
        const bool in_range = run.last_page >= first_page && run.first_page <= last_page;
        if (!in_range && run.first_page != 0) continue;
        const std::uint64_t page = in_range ? std::max(run.first_page, first_page) : 0;
        return "WAL segment '" + name + "': page at " +
               to_string(Lsn{segment.start.value + page * page_size}) + " " + describe(run.fault);
    }
    return {};
}

std::string WalCheck::describe(Fault fault) const {
    switch (fault) {
        case Fault::none:
            break;
        case Fault::empty:
            return "is empty";
        case Fault::magic:
            return "was not written by PostgreSQL " + std::to_string(server_major_);
        case Fault::address:
            return "belongs to another position";
        case Fault::timeline:
            return "belongs to another timeline";
        case Fault::long_header:
            return "lacks the header of a segment's first page";
        case Fault::system:
            return "was written by another cluster";
        case Fault::sizes:
            return "states another segment or page size";
    }
    return "is sound";
}

}  // namespace tsb

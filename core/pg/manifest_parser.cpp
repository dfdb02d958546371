#include "core/pg/manifest_parser.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/pg/manifest_entry.hpp"
#include "core/pg/manifest_fields.hpp"
#include "core/pg/manifest_lines.hpp"

namespace tsb {
namespace {

using nlohmann::json;
using namespace manifest_fields;

constexpr std::uint64_t largest_size = std::uint64_t{1} << 62;  // of a file and of all together
constexpr std::size_t most_files = 20'000'000;
constexpr std::size_t most_wal_ranges = 10'000;

/// Characters of a manifest, for the JSON parser.
class CharIterator {
public:
    // NOLINTBEGIN(readability-identifier-naming): names of std::iterator_traits
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = char;
    // NOLINTEND(readability-identifier-naming)

    CharIterator() = default;  // the end
    explicit CharIterator(ManifestLines& lines) : lines_(&lines) {}
    char operator*() const { return lines_->current(); }
    CharIterator& operator++() {
        lines_->advance();
        return *this;
    }
    bool operator==(const CharIterator& other) const { return at_end() == other.at_end(); }

private:
    bool at_end() const { return lines_ == nullptr || lines_->at_end(); }
    ManifestLines* lines_ = nullptr;
};

/// What the JSON parser calls. Each misuse throws, with the line it stands on.
class Handler : public nlohmann::json_sax<json> {
public:
    explicit Handler(ManifestLines& lines) : lines_(lines) {}

    bool null() override { return reject_value("a null"); }
    bool boolean(bool) override { return reject_value("a boolean"); }
    bool number_integer(number_integer_t) override { return reject_value("a negative number"); }
    bool number_float(number_float_t, const string_t&) override {
        return reject_value("a number that is not whole or too large");
    }
    bool binary(binary_t&) override { return reject_value("binary data"); }
    bool number_unsigned(number_unsigned_t number) override;
    bool string(string_t& text) override;
    bool key(string_t& name) override;
    bool start_object(std::size_t) override;
    bool end_object() override;
    bool start_array(std::size_t) override;
    bool end_array() override;
    bool parse_error(std::size_t, const std::string& token,
                     const nlohmann::detail::exception&) override {
        lines_.fail("malformed JSON near " + in_quotes(token.substr(0, 80)));
    }

    /// Checks what can be known only after the end of the text.
    ParsedManifest finish();

private:
    bool reject_value(const std::string& found);
    KeySet& seen_here();
    Key take_value(Value kind);
    void set_version(std::uint64_t number);
    void finish_file();
    void finish_range();
    void finish_top();
    Lsn parse_position(const std::string& text) const;

    ManifestLines& lines_;
    Place place_ = Place::document;
    const Field* field_ = nullptr;  // whose value comes next
    KeySet seen_top_;
    KeySet seen_range_;  // keys of the current WAL range
    std::uint64_t version_ = 0;
    std::string manifest_checksum_;
    ManifestEntry entry_;
    std::uint64_t total_size_ = 0;
    WalRange range_;
    ParsedManifest result_;
};

bool Handler::reject_value(const std::string& found) {
    if (field_ == nullptr) lines_.fail(found + " where none belongs");
    lines_.fail("key " + in_quotes(field_->name) + " has " + found);
}

/// The key of the value that is there; it must be of the kind that the key wants.
Key Handler::take_value(Value kind) {
    static constexpr std::array names{"a number", "a string", "an array"};
    if (field_ == nullptr || field_->value != kind) {
        reject_value(names[static_cast<std::size_t>(kind)]);
    }
    return std::exchange(field_, nullptr)->key;
}

bool Handler::number_unsigned(number_unsigned_t number) {
    switch (take_value(Value::number)) {
        case Key::version:
            set_version(number);
            break;
        case Key::system_identifier:
            result_.system_identifier = number;
            break;
        case Key::size:
            entry_.size = number;
            break;
        case Key::timeline:
            if (number == 0 || number > std::numeric_limits<Timeline>::max()) {
                lines_.fail(std::to_string(number) + " is no timeline");
            }
            range_.timeline = static_cast<Timeline>(number);
            break;
        default:
            break;
    }
    return true;
}

bool Handler::string(string_t& text) {
    switch (take_value(Value::string)) {
        case Key::manifest_checksum:
            manifest_checksum_ = text;
            break;
        case Key::path:
        case Key::encoded_path:
            entry_.path = text;
            break;
        case Key::checksum_algorithm:
            entry_.algorithm = text;
            break;
        case Key::checksum:
            entry_.checksum = text;
            break;
        case Key::start_lsn:
            range_.start = parse_position(text);
            break;
        case Key::end_lsn:
            range_.end = parse_position(text);
            break;
        default:
            break;  // Last-Modified is not needed
    }
    return true;
}

bool Handler::key(string_t& name) {
    const auto field = std::ranges::find_if(
        fields, [&](const Field& f) { return f.place == place_ && f.name == name; });
    if (field == fields.end()) lines_.fail("unknown key " + in_quotes(name.substr(0, 80)));
    if (place_ == Place::top && seen_top_.empty() && field->key != Key::version) {
        lines_.fail("the version is not the first key");
    }
    if (!seen_here().add(field->key)) lines_.fail("key " + in_quotes(name) + " occurs twice");
    if (field->key == Key::system_identifier && version_ == 1) {
        lines_.fail("version 1 has no key " + in_quotes(name));
    }
    field_ = &*field;
    return true;
}

KeySet& Handler::seen_here() {
    switch (place_) {
        case Place::file:
            return entry_.seen;
        case Place::range:
            return seen_range_;
        default:
            return seen_top_;
    }
}

bool Handler::start_object(std::size_t) {
    if (field_ != nullptr) return reject_value("an object");
    switch (place_) {
        case Place::document:
            place_ = Place::top;
            break;
        case Place::files:
            place_ = Place::file;
            entry_.seen = {};
            break;
        case Place::ranges:
            place_ = Place::range;
            seen_range_ = {};
            break;
        default:
            return reject_value("an object");
    }
    return true;
}

bool Handler::end_object() {
    switch (place_) {
        case Place::file:
            finish_file();
            break;
        case Place::range:
            finish_range();
            break;
        default:
            finish_top();
            break;
    }
    return true;
}

bool Handler::start_array(std::size_t) {
    place_ = take_value(Value::array) == Key::files ? Place::files : Place::ranges;
    return true;
}

bool Handler::end_array() {
    place_ = Place::top;
    return true;
}

void Handler::set_version(std::uint64_t number) {
    if (number != 1 && number != 2) {
        lines_.fail("version " + std::to_string(number) + " is not known");
    }
    version_ = number;
}

void Handler::finish_file() {
    place_ = Place::files;
    if (result_.files.size() == most_files) {
        lines_.fail("more than " + std::to_string(most_files) + " files");
    }
    if (entry_.size > largest_size || total_size_ + entry_.size > largest_size) {
        lines_.fail("file " + in_quotes(entry_.path) + " cannot be this large");
    }
    total_size_ += entry_.size;
    add_entry(entry_, lines_, result_.files);
}

Lsn Handler::parse_position(const std::string& text) const {
    const auto position = parse_lsn(text);
    if (!position) lines_.fail(in_quotes(text) + " is no WAL position");
    return *position;
}

void Handler::finish_range() {
    place_ = Place::ranges;
    for (Key key : {Key::timeline, Key::start_lsn, Key::end_lsn}) {
        require_key(seen_range_, key, lines_);
    }
    if (range_.start > range_.end) {
        lines_.fail("WAL range begins at " + to_string(range_.start) + ", after its end " +
                    to_string(range_.end));
    }
    if (result_.wal_ranges.size() == most_wal_ranges) {
        lines_.fail("more than " + std::to_string(most_wal_ranges) + " WAL ranges");
    }
    result_.wal_ranges.push_back(range_);
}

void Handler::finish_top() {
    place_ = Place::document;
    for (Key key : {Key::version, Key::files, Key::wal_ranges, Key::manifest_checksum}) {
        require_key(seen_top_, key, lines_);
    }
    if (version_ == 2) require_key(seen_top_, Key::system_identifier, lines_);
    if (result_.wal_ranges.empty()) lines_.fail("there is no WAL range");
}

ParsedManifest Handler::finish() {
    // The last line is not digested, so nothing else may stand in it.
    if (lines_.line() != "\"Manifest-Checksum\": \"" + manifest_checksum_ + "\"}\n") {
        lines_.fail("the last line is not the manifest's checksum alone");
    }
    const auto stated = from_hex(manifest_checksum_);
    if (!stated || *stated != lines_.digest_before_last()) {
        lines_.fail("the manifest's own checksum does not match");
    }
    return std::move(result_);
}

}  // namespace

ParsedManifest parse_manifest(ByteSource& source, const std::string& name) {
    ManifestLines lines(source, name);
    Handler handler(lines);
    json::sax_parse(CharIterator(lines), CharIterator(), &handler);
    return handler.finish();
}

}  // namespace tsb

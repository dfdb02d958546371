// Reads the password of a connection from its file and wipes it from memory after use (I8).
//
// The file must be regular and not writable by group or others; readable by others only beneath
// $CREDENTIALS_DIRECTORY (systemd) or /run/secrets (containers), which guard it themselves.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

namespace tsb {

/// A secret text that exists once and is overwritten when it goes. Moves by pointer.
class Secret {
public:
    static constexpr std::size_t max_size = 4096;

    Secret() = default;
    bool empty() const noexcept { return !text_; }
    /// Zero-terminated; nullptr when empty. Valid as long as this object.
    const char* c_str() const noexcept { return text_ ? text_->data() : nullptr; }

private:
    friend Secret read_password_file(const std::filesystem::path& wanted);
    using Buffer = std::array<char, max_size + 2>;  // one byte more to see that it is too long
    struct Wipe {
        void operator()(Buffer* buffer) const noexcept;
    };
    std::unique_ptr<Buffer, Wipe> text_;
};

/// `wanted` may be a name without a slash: that of a file in $CREDENTIALS_DIRECTORY. The file's
/// content without one trailing newline. Error{config} naming the file when it is unsafe, empty,
/// longer than Secret::max_size, or cannot be read. Thread: worker (blocks).
Secret read_password_file(const std::filesystem::path& wanted);

}  // namespace tsb

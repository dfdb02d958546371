// The variable TZ as a test wants it, and as it was again afterwards.
#pragma once

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace tsb::test {

class TzVariable {
public:
    explicit TzVariable(const char* value) {
        if (const char* old = std::getenv("TZ")) old_ = old;
        setenv("TZ", value, 1);
        tzset();
    }
    ~TzVariable() {
        old_ ? setenv("TZ", old_->c_str(), 1) : unsetenv("TZ");
        tzset();
    }
    TzVariable(const TzVariable&) = delete;
    TzVariable& operator=(const TzVariable&) = delete;

private:
    std::optional<std::string> old_;
};

}  // namespace tsb::test

// Lends objects that are costly to make and belong to one thread at a time (compressors): at most
// as many exist as were ever in use at once.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace tsb {

template <typename Tool>
class Shelf {
public:
    explicit Shelf(std::function<std::unique_ptr<Tool>()> make) : make_(std::move(make)) {}

    /// Calls `use(tool)`; after an exception the tool, whose state is unknown, is thrown away.
    /// Thread: any.
    template <typename Use>
    void with(Use&& use) {
        std::unique_ptr<Tool> tool = take();
        use(*tool);
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(tool));
    }

private:
    std::unique_ptr<Tool> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                std::unique_ptr<Tool> tool = std::move(idle_.back());
                idle_.pop_back();
                return tool;
            }
        }
        return make_();
    }

    const std::function<std::unique_ptr<Tool>()> make_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Tool>> idle_;  // guarded by mutex_
};

}  // namespace tsb

// What the tests of notices stand on: a daemon without its sockets that tells others.
#pragma once

#include <memory>
#include <vector>

#include "daemon/notices.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

namespace tsb::test {

class NoticeGround : public ScheduleGround {
public:
    NoticeGround(const std::vector<ClusterConfig>& clusters, const NoticeConfig& notices);
    ~NoticeGround();

    /// Another file with other notices, or with other clusters, is taken over as the daemon does.
    void reload_notices(const NoticeConfig& notices);
    void reload_clusters(const std::vector<ClusterConfig>& clusters);
    /// Runs a backup of the first cluster to its end, and gives its notice away.
    JobPointer take_backup();
    /// A pass of the scheduler, a look at the age of the backups, and a pass that writes down what
    /// was found.
    void look();

    Notices& notices() { return *notices_; }

private:
    std::unique_ptr<Notices> notices_;
};

}  // namespace tsb::test

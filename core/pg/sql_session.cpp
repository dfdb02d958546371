#include "core/pg/sql_session.hpp"

#include <utility>

namespace tsb {

namespace asio = boost::asio;

asio::awaitable<std::unique_ptr<ReplicationSession>> open_sql_session(const SessionFactory& connect,
                                                                      const ConnectOptions& base,
                                                                      std::string database,
                                                                      std::stop_token stop) {
    ConnectOptions options = base;
    options.replication = false;
    options.database = std::move(database);
    auto session = co_await connect(std::move(options), std::move(stop));
    co_await session->execute("SET search_path TO pg_catalog", sql_answer_limit);
    co_return session;
}

}  // namespace tsb

// From a request to its outcome: right, argument check, handler. The one path for control clients
// and for `tsbackupd VERB` (I10).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>

#include "daemon/rights.hpp"
#include "daemon/service.hpp"
#include "daemon/wire.hpp"

namespace tsb {

/// Shows an event to whoever asked. Throws when nobody is there to see it any more.
using EmitEvent = std::function<boost::asio::awaitable<void>(Json event)>;

/// Does what `request` asks for. What goes wrong is the outcome's failure; only what `emit` throws
/// is thrown. All references must outlive the await. Thread: loop.
boost::asio::awaitable<Outcome> handle_request(Service& service, const Caller& caller,
                                               const Request& request, const EmitEvent& emit);

}  // namespace tsb

// What the services share. Everything in it outlives them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "absl/time/time.h"
#include "server/access/access_control.h"
#include "server/api/api_server.h"
#include "server/api/live_streams.h"
#include "server/api/upload_area.h"

namespace tinyrig::api {

struct ServiceContext {
  ApiConfig config;
  store::Store& store;
  jobs::JobQueue& jobs;
  jobs::HoldBook& holds;
  events::EventBus& events;
  boards::BoardDirectory& boards;
  boards::VisitDesk& desk;
  access::AccessControl& access;
  boost::asio::any_io_executor executor;
  // Shared: the last steps of a stream may run when the server is gone.
  std::shared_ptr<LiveStreams> streams;
  UploadArea& uploads;
  absl::Time start_time;
};

}  // namespace tinyrig::api

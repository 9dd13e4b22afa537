// Who is told of calls and requests. Methods may be called from any thread, for many calls at once: quick.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace tinyrig::api {

class ApiObserver {
 public:
  virtual ~ApiObserver() = default;
  /// A call of either face has ended. `method`: "JobService/GetJob", "other" for what is not the product's own.
  /// `code`: as the Connect protocol spells it, "ok" for success. `took` is that of unary calls: streams last as long
  /// as somebody listens.
  virtual void on_call(const std::string& method, const std::string& code,
                       std::optional<std::chrono::nanoseconds> took) = 0;
  /// An HTTP request was answered.
  virtual void on_http(unsigned status) = 0;
  virtual void on_websocket(bool opened) = 0;
};

}  // namespace tinyrig::api

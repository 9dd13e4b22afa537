// BoardAccessService: a person's hands on a board that is held. A stream here is one side of a visit (boards/visit.h);
// the other is the board's, on the board's own strand: they meet by posting to each other.
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "server/access/audit.h"
#include "server/api/exchange.h"
#include "server/api/open_stream.h"
#include "server/api/services.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/boards/board_directory.h"
#include "server/boards/console_visit.h"
#include "server/boards/flash_visit.h"
#include "server/flash/elf.h"
#include "server/jobs/hold_book.h"
#include "tinyrig/v1/board_access.grpc.pb.h"

namespace tinyrig::api {
namespace {

constexpr std::size_t kMostOwnerBytes = 200;
constexpr std::size_t kMostMessageBytes = 65'536;
constexpr std::size_t kMostQueued = 64;

absl::Status malformed(const std::string& what) {
  return make_error(absl::StatusCode::kInvalidArgument, "VISIT_MALFORMED", what,
                    "send one start first, then bytes in messages of at most 65536");
}

google::protobuf::Duration duration_of(std::chrono::microseconds time) {
  google::protobuf::Duration duration;
  duration.set_seconds(time.count() / 1'000'000);
  duration.set_nanos(static_cast<std::int32_t>(time.count() % 1'000'000 * 1'000));
  return duration;
}

// What console and flashing share: who may, the stream's life, and the visit's end with it. Confined to the stream's
// strand; lives as long as the stream or the visit.
template <class Request, class Response>
class VisitStream : public std::enable_shared_from_this<VisitStream<Request, Response>> {
 public:
  VisitStream(grpc::CallbackServerContext* call, ServiceContext& context)
      : call_(call),
        context_(context),
        exchange_(Exchange<Request, Response>::make(call, boost::asio::make_strand(context.executor), kMostQueued)) {}
  virtual ~VisitStream() = default;

  // Gives the reactor to return from the handler.
  grpc::ServerBidiReactor<Request, Response>* begin() {
    const auto self = this->shared_from_this();
    boost::asio::post(exchange_->strand(), [self] {
      // Refused before anything that it says is looked at. Which board it is about comes later: see check().
      absl::StatusOr<OpenedStream> opened = open_stream<Request>(*self->call_, self->context_, self->exchange_);
      if (!opened.ok()) return self->exchange_->close(opened.status());
      self->caller_ = std::move(opened->caller);
      self->exchange_->on_ended([self, live = opened->live, streams = self->context_.streams] {
        streams->remove(live);
        self->leave(absl::CancelledError("the client has gone"));
      });
      self->read();
    });
    return exchange_.get();
  }

 protected:
  // `request` null: the client sends no more.
  virtual void take(Request* request) = 0;

  void read() {
    exchange_->read([self = this->shared_from_this()](Request* request) {
      // The call is gone for good once the stream is over.
      if (self->exchange_->is_over() || self->call_->IsCancelled()) return;
      self->take(request);
    });
  }

  absl::Status check(const v1::BoardAccess& wanted) {
    const absl::Status usable = [&]() -> absl::Status {
      TINYRIG_RETURN_IF_ERROR(context_.boards.find(wanted.board_id()).status());
      return context_.holds.check_use(wanted.board_id(), wanted.token());
    }();
    context_.access.record(caller_, method_of<Request>(), access::subject_of(wanted), usable);
    TINYRIG_RETURN_IF_ERROR(usable);
    board_id_ = wanted.board_id();
    owner_ =
        clean_text(access::name_of(caller_, wanted.owner().empty() ? "somebody" : wanted.owner()), kMostOwnerBytes);
    return absl::OkStatus();
  }

  void visit(std::shared_ptr<boards::Visit> visit) {
    visit_ = visit;
    context_.desk.admit(board_id_, std::move(visit));
  }

  void leave(absl::Status why) {
    if (visit_ != nullptr) context_.desk.dismiss(board_id_, std::exchange(visit_, nullptr), std::move(why));
  }

  // The visit has ended, or there is none.
  void over(const absl::Status& status) {
    visit_.reset();
    exchange_->close(status);
  }

  // By the client's doing.
  void fail(const absl::Status& status) {
    leave(status);
    over(status);
  }

  // For the visit's hooks, which the board's strand calls.
  template <class Step>
  void on_strand(Step step) {
    boost::asio::post(exchange_->strand(), [self = this->shared_from_this(), step = std::move(step)]() mutable {
      if (!self->exchange_->is_over()) step();
    });
  }

  bool started() const { return !board_id_.empty(); }
  const std::string& owner() const { return owner_; }
  Exchange<Request, Response>& exchange() { return *exchange_; }

 private:
  grpc::CallbackServerContext* const call_;
  ServiceContext& context_;
  const std::shared_ptr<Exchange<Request, Response>> exchange_;
  access::Caller caller_;
  std::string board_id_, owner_;
  std::shared_ptr<boards::Visit> visit_;
};

class ConsoleStream final : public VisitStream<v1::OpenConsoleRequest, v1::OpenConsoleResponse> {
 public:
  using VisitStream::VisitStream;

 private:
  void take(v1::OpenConsoleRequest* request) override {
    if (request == nullptr && started()) return leave(absl::OkStatus());  // what the board has said still goes out
    if (request == nullptr || request->has_start() == started()) {
      return fail(malformed(started() ? "a second start came" : "no start came"));
    }
    if (!started()) return start(request->start());
    if (request->data().size() > kMostMessageBytes) return fail(malformed("a message is too long"));
    if (const auto console = console_.lock(); console != nullptr) {
      console->send(std::move(*request->mutable_data()),
                    [this, self = shared_from_this()] { on_strand([this] { read(); }); });
    }
  }

  // Nothing else is read until the console is open.
  void start(const v1::OpenConsoleRequest::Start& start) {
    if (const absl::Status allowed = check(start.access()); !allowed.ok()) return fail(allowed);
    exchange().on_drained([this, weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr || !std::exchange(handed_on_, false)) return;
      if (const auto console = console_.lock(); console != nullptr) console->taken();
    });
    const auto self = shared_from_this();
    boards::ConsoleHooks hooks;
    hooks.opened = [this, self](const std::string& port, std::uint32_t baud_rate) {
      on_strand([this, port, baud_rate] { opened(port, baud_rate); });
    };
    hooks.received = [this, self](std::string bytes) {
      on_strand([this, bytes = std::move(bytes)]() mutable { received(std::move(bytes)); });
    };
    hooks.ended = [this, self](const absl::Status& status) { on_strand([this, status] { over(status); }); };
    const auto console = std::make_shared<boards::ConsoleVisit>(start.baud_rate(), owner(), std::move(hooks));
    console_ = console;
    visit(console);
  }

  void opened(const std::string& port, std::uint32_t baud_rate) {
    v1::OpenConsoleResponse message;
    message.mutable_opened()->set_port(port);
    message.mutable_opened()->set_baud_rate(baud_rate);
    exchange().push(std::move(message));
    read();
  }

  void received(std::string bytes) {
    v1::OpenConsoleResponse message;
    message.set_data(std::move(bytes));
    handed_on_ = true;
    exchange().push(std::move(message));
  }

  std::weak_ptr<boards::ConsoleVisit> console_;  // while it is there
  bool handed_on_ = false;
};

class FlashStream final : public VisitStream<v1::FlashBoardRequest, v1::FlashBoardResponse> {
 public:
  using VisitStream::VisitStream;

 private:
  void take(v1::FlashBoardRequest* request) override {
    const absl::Status taken = request == nullptr ? flash() : take_part(*request);
    if (!taken.ok()) return fail(taken);
    if (request != nullptr) read();
  }

  absl::Status take_part(v1::FlashBoardRequest& request) {
    if (request.has_start() == started()) return malformed(started() ? "a second start came" : "no start came");
    if (!started()) return check(request.start().access());
    if (request.chunk().size() > kMostMessageBytes) return malformed("a message is too long");
    if (elf_.size() + request.chunk().size() > flash::kLargestImage) {
      return make_error(absl::StatusCode::kInvalidArgument, "FIRMWARE_INVALID", "the ELF file has more than 64 MiB");
    }
    elf_ += request.chunk();
    return absl::OkStatus();
  }

  absl::Status flash() {
    if (!started()) return malformed("no start came");
    std::optional<flash::FirmwareImage> image;
    if (!elf_.empty()) {
      TINYRIG_ASSIGN_OR_RETURN(
          image, flash::read_elf(std::span(reinterpret_cast<const std::uint8_t*>(elf_.data()), elf_.size())));
    }
    elf_.clear();
    const auto self = shared_from_this();
    boards::FlashHooks hooks;
    hooks.progress = [this, self](std::size_t done, std::size_t total) {
      on_strand([this, done, total] { progressed(done, total); });
    };
    hooks.ended = [this, self](absl::StatusOr<boards::HandFlashed> flashed) {
      on_strand([this, flashed = std::move(flashed)] { ended(flashed); });
    };
    visit(std::make_shared<boards::FlashVisit>(std::move(image), owner(), std::move(hooks)));
    return absl::OkStatus();
  }

  // As often as the client takes it.
  void progressed(std::size_t done, std::size_t total) {
    if (!exchange().idle()) return;
    v1::FlashBoardResponse message;
    message.mutable_progress()->set_done(done);
    message.mutable_progress()->set_total(total);
    exchange().push(std::move(message));
  }

  void ended(const absl::StatusOr<boards::HandFlashed>& flashed) {
    if (flashed.ok()) {
      v1::FlashBoardResponse message;
      v1::FlashBoardResponse::Done& done = *message.mutable_done();
      done.set_bytes_written(flashed->report.bytes_written);
      done.set_read_back(flashed->report.read_back);
      *done.mutable_write_time() = duration_of(flashed->report.write_time);
      *done.mutable_verify_time() = duration_of(flashed->report.verify_time);
      if (flashed->agent.has_value()) *done.mutable_agent() = *flashed->agent;
      exchange().push(std::move(message));
    }
    over(flashed.status());
  }

  std::string elf_;
};

class BoardAccessService final : public v1::BoardAccessService::CallbackService {
 public:
  explicit BoardAccessService(ServiceContext& context) : context_(context) {}

  grpc::ServerBidiReactor<v1::OpenConsoleRequest, v1::OpenConsoleResponse>* OpenConsole(
      grpc::CallbackServerContext* call) override {
    return std::make_shared<ConsoleStream>(call, context_)->begin();
  }

  grpc::ServerBidiReactor<v1::FlashBoardRequest, v1::FlashBoardResponse>* FlashBoard(
      grpc::CallbackServerContext* call) override {
    return std::make_shared<FlashStream>(call, context_)->begin();
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_board_access_service(ServiceContext& context) {
  return std::make_unique<BoardAccessService>(context);
}

}  // namespace tinyrig::api

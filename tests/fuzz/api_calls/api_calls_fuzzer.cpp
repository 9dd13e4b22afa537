// Any bytes as requests of any method, as any role, through the real handlers over a real connection: gRPC's parser,
// the check, the services, the store. The first byte chooses the method, the second the role; the rest are messages,
// each behind a byte with its length. Nothing but time and an error may come of it, and a role never does more than it
// may.
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <unistd.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/access/access_control.h"
#include "server/access/roles.h"
#include "server/api/api_server.h"
#include "server/base/clock.h"
#include "server/boards/board_directory.h"
#include "server/boards/visit.h"
#include "server/events/event_bus.h"
#include "server/jobs/hold_book.h"
#include "server/jobs/job_queue.h"
#include "server/store/sqlite_store.h"
#include "tinyrig/v1/common.pb.h"

namespace {

using namespace tinyrig;

constexpr std::array kRoles = {v1::ROLE_UNSPECIFIED, v1::ROLE_VIEWER, v1::ROLE_SUBMITTER, v1::ROLE_OPERATOR,
                               v1::ROLE_ADMIN};

class NoBoardTakesVisits final : public boards::VisitDesk {
 public:
  void admit(const std::string&, std::shared_ptr<boards::Visit> visit) override {
    visit->refuse(absl::FailedPreconditionError("no visits"));
  }
  void dismiss(const std::string&, std::shared_ptr<boards::Visit>, absl::Status) override {}
};

void must(bool fine) {
  if (!fine) std::abort();
}

// A daemon without boards that take work; lives until the process ends.
class Daemon {
 public:
  Daemon() {
    std::string folder = (std::filesystem::temp_directory_path() / "tinyrig-fuzz-XXXXXX").string();
    must(::mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    auto store = store::open_sqlite_store(folder_);
    must(store.ok());
    store_ = *std::move(store);
    v1::Board board;
    board.set_id("b");
    board.set_board_type("t");
    v1::BoardType type;
    type.set_id("t");
    directory_ =
        std::make_unique<boards::BoardDirectory>(std::vector<v1::BoardType>{type}, std::vector<v1::Board>{board});
    queue_ = std::make_unique<jobs::JobQueue>(*store_, bus_, clock_, ids_, [this](const v1::JobSpec& spec) {
      jobs::ExpandContext context;
      context.find_model = [this](const std::string& name) { return store_->find_model(name); };
      context.types = directory_->types();
      context.boards = directory_->boards();
      context.fits = [](const v1::Model&, const v1::BoardType&,
                        const v1::AgentRuntime&) -> absl::StatusOr<std::optional<jobs::Misfit>> {
        return std::optional<jobs::Misfit>();
      };
      return jobs::expand(spec, context);
    });
    holds_ = std::make_shared<jobs::HoldBook>(*store_, clock_);
    access::AccessSettings settings;
    settings.tokens_required = true;
    access_ = std::make_unique<access::AccessControl>(settings, *store_, clock_);
    for (std::size_t i = 1; i < kRoles.size(); ++i) tokens_[i] = make_token("user" + std::to_string(i), kRoles[i]);
    thread_ = std::thread([this] { context_.run(); });
    api::ApiConfig config;
    config.grpc_listen = "127.0.0.1:0";
    config.http_listen = "127.0.0.1:0";
    config.data_dir = folder_;
    auto server = api::ApiServer::start(
        config, {*store_, *queue_, *holds_, bus_, *directory_, desk_, *access_, context_.get_executor()});
    must(server.ok());
    server_ = *std::move(server);
    channel_ =
        grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->grpc_port()), grpc::InsecureChannelCredentials());
  }
  ~Daemon() {
    server_.reset();
    work_.reset();
    thread_.join();
    queue_.reset();
    holds_.reset();
    access_.reset();
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Gives the reason of a refusal, or "".
  std::string call(const google::protobuf::MethodDescriptor& method, std::size_t role,
                   const std::vector<std::string>& messages) {
    grpc::GenericStub stub(channel_);
    grpc::CompletionQueue queue;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(9));
    if (!tokens_[role].empty()) context.AddMetadata("authorization", "Bearer " + tokens_[role]);
    const auto step = [&] {
      void* tag = nullptr;
      bool ok = false;
      must(queue.Next(&tag, &ok));
      return ok;
    };
    const auto call = stub.PrepareCall(&context, "/" + method.service()->full_name() + "/" + method.name(), &queue);
    call->StartCall(nullptr);
    bool open = step();
    for (std::size_t i = 0; open && i < messages.size() && (i == 0 || method.client_streaming()); ++i) {
      const grpc::Slice slice(messages[i]);
      call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
      open = step();
    }
    call->WritesDone(nullptr);
    step();
    // What may last for ever is left.
    if (method.server_streaming()) context.TryCancel();
    grpc::ByteBuffer answer;
    do {
      call->Read(&answer, nullptr);
    } while (step());
    grpc::Status status;
    call->Finish(&status, nullptr);
    step();
    queue.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
    }
    v1::ErrorDetail detail;
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto found = trailers.find("tinyrig-error-bin");
    if (found != trailers.end()) {
      must(detail.ParseFromArray(found->second.data(), static_cast<int>(found->second.size())));
    }
    // A handler that never answers, or a daemon that fell over.
    must(status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED);
    must(status.error_code() != grpc::StatusCode::UNAVAILABLE);
    return status.ok() ? "" : detail.reason();
  }

 private:
  std::string make_token(const std::string& user, v1::Role role) {
    std::promise<std::string> secret;
    access_->tokens().create({user, "", role, absl::InfiniteFuture(), ""},
                             [&](absl::StatusOr<access::NewToken> made) { secret.set_value(made->secret); });
    return secret.get_future().get();
  }

  std::filesystem::path folder_;
  SystemClock clock_;
  jobs::TimeSortedIds ids_{clock_};
  events::EventBus bus_{clock_, "fuzz"};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<boards::BoardDirectory> directory_;
  std::unique_ptr<jobs::JobQueue> queue_;
  std::shared_ptr<jobs::HoldBook> holds_;
  std::unique_ptr<access::AccessControl> access_;
  NoBoardTakesVisits desk_;
  std::array<std::string, kRoles.size()> tokens_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
  std::unique_ptr<api::ApiServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static Daemon daemon;
  static const auto methods = access::all_methods();
  const auto& method = *methods[data[0] % methods.size()];
  const std::size_t role = data[1] % kRoles.size();
  std::vector<std::string> messages;
  for (std::size_t at = 2; at < size && messages.size() < 8;) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
    messages.emplace_back(reinterpret_cast<const char*>(data) + at + 1, length);
    at += 1 + length;
  }
  const std::string refused = daemon.call(method, role, messages);
  // The check comes before anything of the request is looked at (but by gRPC's own parser, whose error has no reason).
  const bool may = kRoles[role] >= access::required_role(method);
  if (!may && !refused.empty() && refused != (role == 0 ? "TOKEN_MISSING" : "ROLE_TOO_LOW") && refused != "CANCELLED") {
    std::abort();
  }
  if (may) must(refused != "ROLE_TOO_LOW" || method.name() == "ReleaseBoard");
  return 0;
}

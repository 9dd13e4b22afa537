#include "tests/bench/service/service.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "server/base/error.h"
#include "server/base/sha256.h"
#include "server/jobs/expand.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::bench {
namespace {

using namespace testing_support;

constexpr char kTypes[][8] = {"type-a", "type-b", "type-c"};
// As tinyrigd has them unless told otherwise.
constexpr int kThreads = 2;

std::vector<v1::BoardType> board_types() {
  std::vector<v1::BoardType> types;
  for (const char* id : kTypes) {
    v1::BoardType& type = types.emplace_back();
    type.set_id(id);
    type.set_core("cortex-m4");
    type.set_clock_hz(25'000'000);
    type.set_emulated(true);
    type.set_timing_source(v1::TIMING_SOURCE_INSTRUCTION_COUNT);
    type.set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
    type.set_model_ram_bytes(1 << 20);
  }
  return types;
}

std::vector<v1::Board> farm(int boards_per_type) {
  std::vector<v1::Board> boards;
  for (const char* type : kTypes) {
    for (int i = 1; i <= boards_per_type; ++i) {
      v1::Board& board = boards.emplace_back();
      board.set_id(std::string(type) + "-" + std::to_string(i));
      board.set_board_type(type);
      board.set_activity(v1::ACTIVITY_IDLE);
      board.set_health(v1::HEALTH_GOOD);
      board.set_emulated(true);
      board.mutable_agent()->add_runtimes()->set_name("tinyrig");
    }
  }
  return boards;
}

}  // namespace

void must(const absl::Status& status, const char* doing) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n", doing, status.ToString().c_str());
  std::exit(1);
}

void Service::NoVisits::admit(const std::string&, std::shared_ptr<boards::Visit> visit) {
  visit->refuse(make_error(absl::StatusCode::kFailedPrecondition, "BOARD_VISITED", "played boards take no visits"));
}

Service::Service(const std::filesystem::path& folder, const Clock& clock, const store::Retention& retention,
                 int boards_per_type)
    : ids_(clock), bus_(clock, events::random_epoch()) {
  auto opened = store::open_sqlite_store(folder, {.retention = retention});
  must(opened.status(), "opening the store");
  store_ = *std::move(opened);
  directory_ = std::make_unique<boards::BoardDirectory>(board_types(), farm(boards_per_type));
  queue_ = std::make_unique<jobs::JobQueue>(*store_, bus_, clock, ids_, [this](const v1::JobSpec& spec) {
    jobs::ExpandContext context;
    context.find_model = [this](const std::string& name) { return store_->find_model(name); };
    context.types = directory_->types();
    context.boards = directory_->boards();
    context.fits = [](const v1::Model&, const v1::BoardType&,
                      const v1::AgentRuntime&) -> absl::StatusOr<std::optional<jobs::Misfit>> { return std::nullopt; };
    return jobs::expand(spec, context);
  });
  holds_ = std::make_shared<jobs::HoldBook>(*store_, clock);
  must(holds_->load(), "loading holds");
  access_ = std::make_unique<access::AccessControl>(access::AccessSettings(), *store_, clock);
  must(access_->tokens().load(), "loading tokens");
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { context_.run(); });
  api::ApiConfig config;
  config.grpc_listen = "127.0.0.1:0";
  config.http_listen = "127.0.0.1:0";
  config.data_dir = folder;
  config.server_version = "bench";
  auto api = api::ApiServer::start(config, {.store = *store_,
                                            .jobs = *queue_,
                                            .holds = *holds_,
                                            .events = bus_,
                                            .boards = *directory_,
                                            .desk = desk_,
                                            .access = *access_,
                                            .executor = context_.get_executor()});
  must(api.status(), "starting the API");
  api_ = *std::move(api);
}

Service::~Service() {
  api_.reset();
  queue_->on_work(nullptr);
  work_.reset();
  for (std::thread& thread : threads_) thread.join();
  queue_.reset();
  holds_.reset();
  access_.reset();
  store_.reset();
}

std::vector<jobs::BoardView> Service::boards() const {
  std::vector<jobs::BoardView> views;
  for (const v1::Board& board : directory_->boards()) views.push_back(jobs::view_of(board));
  return views;
}

std::shared_ptr<grpc::Channel> Service::channel() const {
  return grpc::CreateChannel("127.0.0.1:" + std::to_string(api_->grpc_port()), grpc::InsecureChannelCredentials());
}

void Service::add_models() {
  for (const char digit : std::string("0123456789abcdef")) add_model(std::string("m") + digit, kTestTime);
}

void Service::add_model(const std::string& name, absl::Time when) {
  v1::Model model = test_model(name);
  const std::string bytes = "the bytes of " + name;
  model.set_sha256(sha256_hex(bytes));
  *model.mutable_create_time() = store::timestamp_of(when);
  must(wait_for_answer<store::PutModelResult>([&](auto done) {
         store_->put_model(model, bytes, std::move(done));
       }).status(),
       "putting a model");
}

void Service::play_boards() {
  const auto play = [this, views = boards()] {
    for (const jobs::BoardView& view : views) {
      while (const auto lease = queue_->take(view)) {
        queue_->set_state(lease->run_id, lease->attempt, v1::RUN_STATE_MEASURING);
        jobs::AttemptEnd end;
        end.outcome = v1::OUTCOME_SUCCEEDED;
        end.result = test_result(100);
        end.samples = {test_samples(0, {99, 100, 101})};
        queue_->finish(lease->run_id, lease->attempt, std::move(end));
      }
    }
  };
  queue_->on_work([this, play] { boost::asio::post(context_, play); });
}

}  // namespace tinyrig::bench

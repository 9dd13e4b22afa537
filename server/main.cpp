// tinyrigd: parts are made, wired and taken down here; nothing else.
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "server/access/access_control.h"
#include "server/api/api_server.h"
#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/bench/golden_check.h"
#include "server/bench/model_library.h"
#include "server/boards/board_directory.h"
#include "server/boards/catalog.h"
#include "server/daemon/certificate_keeper.h"
#include "server/daemon/ci_callers.h"
#include "server/daemon/database_check.h"
#include "server/daemon/farm.h"
#include "server/daemon/first_admin.h"
#include "server/daemon/options.h"
#include "server/daemon/planner.h"
#include "server/daemon/ports_file.h"
#include "server/daemon/readiness.h"
#include "server/daemon/service_manager.h"
#include "server/daemon/storage_keeper.h"
#include "server/discovery/hot_plug.h"
#include "server/events/event_bus.h"
#include "server/jobs/hold_book.h"
#include "server/jobs/ids.h"
#include "server/jobs/job_queue.h"
#include "server/log/log.h"
#include "server/metrics/metrics_text.h"
#include "server/store/sqlite_store.h"
#include "server/tls/current_identity.h"

namespace {

namespace asio = boost::asio;
using namespace tinyrig;  // NOLINT: this file joins them all
using std::chrono::seconds;

int fail(const absl::Status& status) {
  std::cerr << "tinyrigd: " << status.message() << "\n";
  if (const std::string hint = hint_of(status); !hint.empty()) std::cerr << "  " << hint << "\n";
  return 1;
}

void every(asio::steady_timer::duration period, asio::steady_timer& timer, std::function<void()> work) {
  timer.expires_after(period);
  timer.async_wait([period, &timer, work = std::move(work)](const boost::system::error_code& error) {
    if (error) return;
    work();
    every(period, timer, work);
  });
}

int serve(const daemon::Options& options) {
  const auto catalog = boards::load_catalog(options.catalog_dir);
  if (!catalog.ok()) return fail(catalog.status());
  auto farm_boards = daemon::load_farms(options.farm_files, *catalog);
  if (!farm_boards.ok()) return fail(farm_boards.status());

  const SystemClock clock;
  std::shared_ptr<tls::CurrentIdentity> identity;
  if (!options.tls.certificate.empty()) {
    auto loaded = tls::CurrentIdentity::load(options.tls, clock);
    if (!loaded.ok()) return fail(loaded.status());
    identity = *std::move(loaded);
  }
  jobs::TimeSortedIds ids(clock);
  events::EventBus events(clock, events::random_epoch());
  metrics::EventMetrics counted(boards::types_with_agent(*catalog));
  daemon::Readiness readiness;
  auto store = store::open_sqlite_store(options.data_dir, {.retention = options.retention(),
                                                           .disk = {.keep_free_bytes = options.keep_free_bytes},
                                                           .observers = {&counted, &readiness}});
  if (!store.ok()) return fail(store.status());
  daemon::StorageKeeper storage(**store, clock);
  access::AccessControl access(options.access(), **store, clock);
  if (const absl::Status loaded = access.tokens().load(); !loaded.ok()) return fail(loaded);
  const absl::Status provided = daemon::provide_admin(access, options.data_dir / "admin_token");
  if (!provided.ok()) return fail(provided);

  boards::BoardDirectory directory(boards::types_with_agent(*catalog), daemon::initial_boards(*farm_boards, *catalog));
  bench::ModelLibrary models(**store);
  auto check = bench::GoldenCheck::make(**store, clock, options.relearn);
  if (!check.ok()) return fail(check.status());
  jobs::JobQueue queue(**store, events, clock, ids, daemon::make_planner(**store, directory, models, *catalog));

  queue.observe(counted);

  const auto holds = std::make_shared<jobs::HoldBook>(**store, clock);
  if (const absl::Status loaded = holds->load(); !loaded.ok()) return fail(loaded);

  asio::thread_pool pool(options.threads);
  auto farm = daemon::Farm::make(*std::move(farm_boards), *catalog, options.firmware_dir,
                                 {pool.get_executor(),
                                  **store,
                                  events,
                                  queue,
                                  *holds,
                                  directory,
                                  models,
                                  **check,
                                  clock,
                                  TINYRIG_VERSION,
                                  options.flashes_per_controller,
                                  options.data_dir / "ports",
                                  {},
                                  &counted});
  if (!farm.ok()) return fail(farm.status());
  queue.on_work([&farm] { (*farm)->wake(); });
  holds->on_change([&farm](const std::string& board_id) { (*farm)->look_again(board_id); });
  if (const absl::Status recovered = queue.recover(); !recovered.ok()) return fail(recovered);

  std::unique_ptr<oidc::OidcVerifier> ci;
  if (!options.oidc_file.empty()) {
    auto known = daemon::know_ci(options.oidc_file, pool.get_executor(), clock, access);
    if (!known.ok()) return fail(known.status());
    ci = *std::move(known);
  }

  // From before the first client is answered: who sees the daemon serve may also end it.
  asio::io_context signals;
  asio::signal_set ending(signals, SIGINT, SIGTERM);

  api::ApiConfig config;
  config.grpc_listen = options.grpc_listen;
  config.http_listen = options.http_listen;
  config.data_dir = options.data_dir;
  config.web_dir = options.web_dir;
  config.allowed_hosts = options.allowed_hosts;
  config.server_version = TINYRIG_VERSION;
  config.identity = identity;
  config.unprotected_network_allowed = options.unprotected_network_allowed;
  const auto is_ready = [&readiness, &queue, &store] {
    return readiness.status(queue.unsaved_ends(), (*store)->intake());
  };
  const metrics::StateMetrics state({directory, queue, **store, clock, is_ready, TINYRIG_VERSION});
  const auto metrics_text = [&counted, &state] { return metrics::metrics_text(counted, state); };
  auto api = api::ApiServer::start(config, {**store,
                                            queue,
                                            *holds,
                                            events,
                                            directory,
                                            **farm,
                                            access,
                                            pool.get_executor(),
                                            {&counted, metrics_text, is_ready}});
  if (!api.ok()) return fail(api.status());
  const absl::Status told = daemon::write_ports_file(options.ports_file, (*api)->grpc_port(), (*api)->http_port());
  if (!told.ok()) return fail(told);

  (*farm)->start();
  readiness.farm_started();
  auto hot_plug = discovery::HotPlug::start(pool.get_executor(), [&farm] { (*farm)->ports_changed(); });
  if (!hot_plug.ok()) spdlog::warn("{}", std::string(hot_plug.status().message()));
  asio::steady_timer saving(pool);
  every(seconds(5), saving, [&queue] { queue.retry_unsaved(); });
  asio::steady_timer expiring(pool);
  every(seconds(1), expiring, [&queue] { queue.expire_jobs(); });
  asio::steady_timer looking(pool);
  every(seconds(1), looking, [&storage, &farm] {
    if (storage.look_at_disk()) (*farm)->wake();
  });
  const daemon::DatabaseCheck checking(**store);
  (*api)->show_readiness();
  asio::steady_timer showing(pool);
  every(seconds(1), showing, [&api] { (*api)->show_readiness(); });
  storage.look();
  asio::steady_timer tidying(pool);
  every(seconds(60), tidying, [&storage, &access] {
    storage.look();
    access.tokens().save_uses();
  });
  daemon::CertificateKeeper certificates(identity, clock);
  asio::steady_timer reloading(pool);
  if (identity != nullptr) every(seconds(2), reloading, [&certificates] { certificates.look(); });
  const auto manager = daemon::ServiceManager::from_environment();
  asio::steady_timer watchdog(pool);  // on the threads that do the work: if they hang, it falls silent
  if (const auto period = manager.alive_every()) every(*period, watchdog, [&manager] { manager.alive(); });
  manager.ready();
  spdlog::info("tinyrigd " TINYRIG_VERSION ": gRPC on {} (port {}), dashboard on {}://{}/ (port {})",
               options.grpc_listen, (*api)->grpc_port(), identity == nullptr ? "http" : "https", options.http_listen,
               (*api)->http_port());
  if (options.unprotected_network_allowed && (identity == nullptr || !options.tokens)) {
    spdlog::warn("--allow-unprotected-network: whoever reaches these addresses may use the farm");
  }

  ending.async_wait([](const boost::system::error_code&, int signal) { spdlog::info("signal {}: ending", signal); });
  signals.run();

  manager.ending();
  readiness.ending();
  (*api)->stop();
  if (hot_plug.ok()) hot_plug->reset();
  if (!(*farm)->stop(seconds(5))) spdlog::warn("a board did not let go in time");
  queue.on_work(nullptr);  // writes that still wait may tell of work; the farm is gone by then
  holds->on_change(nullptr);
  pool.stop();
  pool.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  daemon::Options options;
  int exit_code = 0;
  if (!daemon::parse_options(argc, argv, &options, &exit_code)) return exit_code;
  start_log(options.log_format == "json" ? LogFormat::kJson : LogFormat::kText, options.log_level);
  return serve(options);
}

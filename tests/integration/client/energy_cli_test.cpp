// The real tinyrig binary against a server that answers as the test says: `energy` and its files, whole or not at all.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/api/spawned.h"
#include "tinyrig/v1/job.grpc.pb.h"
#include "tinyrig/v1/run.grpc.pb.h"

namespace tinyrig::client {
namespace {

using testing_support::Ended;
using testing_support::Spawned;
using CaptureWriter = grpc::ServerWriter<v1::ExportCaptureResponse>;

class PlayedRuns final : public v1::RunService::Service {
 public:
  v1::Run run;
  std::function<grpc::Status(CaptureWriter&)> send;

  grpc::Status GetRun(grpc::ServerContext*, const v1::GetRunRequest* request, v1::GetRunResponse* response) override {
    *response->mutable_run() = run;
    response->mutable_run()->mutable_summary()->set_run_id(request->run_id());
    return grpc::Status::OK;
  }
  grpc::Status ExportCapture(grpc::ServerContext*, const v1::ExportCaptureRequest*, CaptureWriter* writer) override {
    return send(*writer);
  }
};

class PlayedJobs final : public v1::JobService::Service {
 public:
  v1::JobSpec submitted;

  grpc::Status SubmitJob(grpc::ServerContext*, const v1::SubmitJobRequest* request,
                         v1::SubmitJobResponse* response) override {
    submitted = request->spec();
    response->mutable_job()->set_job_id("j-1");
    return grpc::Status::OK;
  }
};

class EnergyCli : public ::testing::Test {
 protected:
  EnergyCli() {
    std::string name = (std::filesystem::temp_directory_path() / "energy_cli.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&runs_);
    builder.RegisterService(&jobs_);
    server_ = builder.BuildAndStart();
  }
  ~EnergyCli() override {
    server_->Shutdown(std::chrono::system_clock::now());
    std::filesystem::remove_all(folder_);
  }

  std::vector<std::string> command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {TINYRIG_CLI, "--server", "127.0.0.1:" + std::to_string(port_)});
    return arguments;
  }
  Ended run(std::vector<std::string> arguments) const { return Spawned(command(std::move(arguments))).wait(); }
  std::string file() const { return (folder_ / "run.words").string(); }
  Ended export_run() const { return run({"energy", "export", "r-1", "-o", file()}); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  static std::string content(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static google::protobuf::Struct json(const std::string& text) {
    google::protobuf::Struct object;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(text, &object).ok()) << text;
    return object;
  }

  static void begin(CaptureWriter& writer, std::uint64_t size_bytes) {
    v1::ExportCaptureResponse part;
    v1::EnergyCapture& capture = *part.mutable_capture();
    capture.set_format("ppk2");
    capture.set_header("Calibrated: 1\nR0: 1001.9\n\"HW\": 9173\nEND\n");
    capture.set_supply_mv(3300);
    capture.set_samples_per_second(100'000);
    capture.set_size_bytes(size_bytes);
    capture.set_host_us(1'234'567);
    writer.Write(part);
  }
  static void send_data(CaptureWriter& writer, const std::string& bytes) {
    v1::ExportCaptureResponse part;
    part.set_data(bytes);
    writer.Write(part);
  }
  /// Announces `size_bytes` and sends `words` in pieces of 100,000 bytes.
  void play(const std::string& words, std::uint64_t size_bytes) {
    runs_.send = [words, size_bytes](CaptureWriter& writer) {
      begin(writer, size_bytes);
      for (std::size_t at = 0; at < words.size(); at += 100'000) send_data(writer, words.substr(at, 100'000));
      return grpc::Status::OK;
    };
  }

  PlayedRuns runs_;
  PlayedJobs jobs_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::filesystem::path folder_;
};

std::string words_of(std::size_t bytes) {
  std::string words(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) words[i] = static_cast<char>(i * 2'654'435'761U >> 24);
  return words;
}

TEST_F(EnergyCli, TheRecordingWordForWordAndWhatItIsBesideIt) {
  const std::string words = words_of(1'000'004);
  play(words, words.size());
  const Ended ended = export_run();
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.err, "") << "a short one has no progress";
  EXPECT_EQ(ended.out, file() +
                           ": 1,000,004 bytes of ppk2, 100,000 samples/s at 3300 mV, 1.23 s by the host's clock; "
                           "what they are: " +
                           file() + ".json\n");
  EXPECT_TRUE(content(file()) == words);
  EXPECT_EQ(files(), 2U);
  auto described = json(content(file() + ".json"));
  EXPECT_EQ(described.fields().at("run").struct_value().fields().at("runId").string_value(), "r-1");
  const auto capture = described.fields().at("capture").struct_value().fields();
  EXPECT_EQ(capture.at("format").string_value(), "ppk2");
  EXPECT_EQ(capture.at("header").string_value(), "Calibrated: 1\nR0: 1001.9\n\"HW\": 9173\nEND\n");
  EXPECT_EQ(capture.at("supplyMv").number_value(), 3300);
  EXPECT_EQ(capture.at("samplesPerSecond").number_value(), 100'000);
  EXPECT_EQ(capture.at("sizeBytes").string_value(), "1000004");
  EXPECT_EQ(capture.at("hostUs").string_value(), "1234567");
}

TEST_F(EnergyCli, ALongOneShowsHowFarItIs) {
  const std::string words = words_of(12'000'000);
  play(words, words.size());
  const Ended ended = run({"energy", "export", "r-1", "-o", file(), "--json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.err, "receiving: 25 %\nreceiving: 50 %\nreceiving: 75 %\nreceiving: 100 %\n");
  EXPECT_EQ(ended.out, content(file() + ".json"));
  EXPECT_TRUE(content(file()) == words);
}

TEST_F(EnergyCli, ItReplacesWhatHasItsNameButNeverWhatIsNoFile) {
  std::ofstream(file()) << "old";
  play("new!", 4);
  ASSERT_EQ(export_run().exit_code, 0);
  EXPECT_EQ(content(file()), "new!");
  const Ended refused = run({"energy", "export", "r-1", "-o", "/dev/null"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("/dev/null is there and is no regular file"), std::string::npos) << refused.err;
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_EQ(run({"energy", "export", "r-1", "-o", (folder_ / "none" / "x").string()}).exit_code, 2);
  EXPECT_EQ(run({"energy", "export", "r-1"}).exit_code, 2) << "words do not go to a terminal";
}

TEST_F(EnergyCli, NothingIsLeftOfARecordingThatIsNotWhole) {
  std::ofstream(file()) << "old";
  const auto expect_broken = [&](int exit_code, const std::string& message) {
    const Ended ended = export_run();
    EXPECT_EQ(ended.exit_code, exit_code) << message;
    EXPECT_NE(ended.err.find(message), std::string::npos) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(files(), 1U) << message;
    EXPECT_EQ(content(file()), "old") << message;
  };
  play("12345678", 12);
  expect_broken(4, "the server sent 8 of 12 bytes [CAPTURE_BROKEN]");
  play("12345678", 4);
  expect_broken(4, "more than the 4 bytes it announced");
  runs_.send = [](CaptureWriter&) { return grpc::Status::OK; };
  expect_broken(4, "the server sent 0 of 0 bytes");
  runs_.send = [](CaptureWriter& writer) {
    send_data(writer, "1234");
    return grpc::Status::OK;
  };
  expect_broken(4, "left out what it sends");
  runs_.send = [](CaptureWriter& writer) {
    begin(writer, 4);
    begin(writer, 4);
    return grpc::Status::OK;
  };
  expect_broken(4, "began the recording twice");
  runs_.send = [](CaptureWriter& writer) {
    begin(writer, 8);
    send_data(writer, "1234");
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "it was cleaned away");
  };
  expect_broken(3, "it was cleaned away");
}

TEST_F(EnergyCli, CtrlCLeavesNothing) {
  std::promise<void> child_ended;
  runs_.send = [ended = child_ended.get_future().share()](CaptureWriter& writer) {
    begin(writer, 16'000'000);
    send_data(writer, words_of(4'000'000));
    ended.wait();
    return grpc::Status::CANCELLED;
  };
  Spawned child(command({"energy", "export", "r-1", "-o", file()}));
  ASSERT_TRUE(child.wait_for_stderr("receiving: 25 %"));
  EXPECT_EQ(files(), 2U) << "under other names";
  child.signal(SIGINT);
  const Ended ended = child.wait();
  child_ended.set_value();
  EXPECT_EQ(ended.exit_code, 130);
  EXPECT_NE(ended.err.find("given up; nothing was written"), std::string::npos) << ended.err;
  EXPECT_EQ(files(), 0U);
}

TEST_F(EnergyCli, ShowsARunAndItsJsonHasTheEnergyAlone) {
  runs_.run.mutable_summary()->set_model_name("kws");
  v1::RunResult& result = *runs_.run.mutable_result();
  result.set_validity(v1::VALIDITY_VALID);
  result.mutable_latency()->set_count(3);
  result.mutable_profile()->set_iterations(1);
  result.mutable_energy()->set_method(v1::ENERGY_METHOD_MODELLED);
  result.mutable_energy()->set_energy_per_inference_uj(812.5);
  result.mutable_energy()->add_windows()->set_inferences(7);
  const Ended shown = run({"energy", "show", "r-1"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("812.5 uJ per inference (modelled)"), std::string::npos) << shown.out;
  const auto object = json(run({"energy", "show", "r-1", "--json"}).out);
  const auto fields = object.fields().at("run").struct_value().fields().at("result").struct_value().fields();
  EXPECT_EQ(fields.at("energy").struct_value().fields().at("energyPerInferenceUj").number_value(), 812.5);
  EXPECT_EQ(fields.at("validity").string_value(), "VALIDITY_VALID");
  EXPECT_EQ(fields.count("latency"), 0U);
  EXPECT_EQ(fields.count("profile"), 0U);
}

TEST_F(EnergyCli, ARunWithoutEnergySaysWhatToDo) {
  runs_.run.mutable_summary()->set_state(v1::RUN_STATE_FINISHED);
  runs_.run.add_measurements(v1::MEASUREMENT_LATENCY);
  const Ended ended = run({"energy", "show", "r-1"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.err.find("run r-1 did not measure energy [ENERGY_MISSING]\n  hint: submit with --measure energy"),
            std::string::npos)
      << ended.err;
}

TEST_F(EnergyCli, SubmitSendsWindowsAndRefusesWhatCannotBe) {
  const std::vector<std::string> submit = {"submit", "kws", "--board", "f4-1"};
  const auto with = [&](std::vector<std::string> options) {
    options.insert(options.begin(), submit.begin(), submit.end());
    return run(options);
  };
  EXPECT_EQ(with({"--measure", "latency,energy", "--energy-windows", "7", "--energy-window-ms", "500"}).exit_code, 0);
  EXPECT_EQ(jobs_.submitted.measurements(1), v1::MEASUREMENT_ENERGY);
  EXPECT_EQ(jobs_.submitted.settings().energy_windows(), 7U);
  EXPECT_EQ(jobs_.submitted.settings().energy_window_ms(), 500U);
  EXPECT_EQ(with({"--measure", "energy"}).exit_code, 0);
  EXPECT_EQ(jobs_.submitted.settings().energy_windows(), 0U) << "the server's default";
  for (const std::vector<std::string>& options : std::vector<std::vector<std::string>>{
           {"--measure", "energy", "--energy-windows", "1"},
           {"--measure", "energy", "--energy-windows", "101"},
           {"--measure", "energy", "--energy-window-ms", "19"},
           {"--measure", "energy", "--energy-window-ms", "60001"},
           {"--measure", "energy", "--energy-windows", "100", "--energy-window-ms", "1201"},
           {"--measure", "latency", "--energy-windows", "5"},
           {"--measure", "enrgy"}}) {
    EXPECT_EQ(with(options).exit_code, 2) << options.back();
  }
}

}  // namespace
}  // namespace tinyrig::client

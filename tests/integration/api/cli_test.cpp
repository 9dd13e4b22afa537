// The real tinyrig binary against the real API: output, JSON, exit codes.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <csignal>
#include <fstream>

#include "tests/integration/api/api_fixture.h"
#include "tests/integration/api/spawned.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::api {
namespace {

using testing_support::Ended;
using testing_support::Spawned;

class CliTest : public ApiTest {
 protected:
  std::vector<std::string> command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {TINYRIG_CLI, "--server", "127.0.0.1:" + std::to_string(api_->grpc_port())});
    return arguments;
  }
  Ended run(std::vector<std::string> arguments) const { return Spawned(command(std::move(arguments))).wait(); }
  static std::string source(const std::string& path) { return std::string(TINYRIG_SOURCE_DIR) + "/" + path; }
  static google::protobuf::Struct json(const Ended& ended) {
    google::protobuf::Struct object;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(ended.out, &object).ok()) << ended.out;
    return object;
  }
  std::string run_of_digits() {
    const std::string job_id = submit_digits("big-1");
    play_boards();
    return queue_->job(job_id)->runs(0).run_id();
  }
};

TEST_F(CliTest, Boards) {
  const Ended all = run({"boards"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_NE(all.out.find("big-1"), std::string::npos) << all.out;
  EXPECT_NE(all.out.find("big-type (emulated)"), std::string::npos) << all.out;
  EXPECT_EQ(run({"boards", "small-1"}).out.find("big-1"), std::string::npos);
  EXPECT_EQ(json(run({"boards", "--json"})).fields().at("boards").list_value().values_size(), 2);
  EXPECT_NE(run({"boards", "--types"}).out.find("cortex-m7"), std::string::npos);
}

TEST_F(CliTest, TopGivesOnePictureWithoutATerminal) {
  const std::string run_id = run_of_digits();
  const Ended text = run({"top"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_NE(text.out.find("boards: 2 (2 emulated), 2 idle\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("runs queued: 0, jobs open: 0, runs per minute: 0.2\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("big-1    emulated  idle\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find(run_id), std::string::npos) << text.out;
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos) << "no terminal, no escapes";
  const google::protobuf::Struct frame = json(run({"top", "--once", "--json"}));
  EXPECT_EQ(frame.fields().at("boards").struct_value().fields().at("boards").list_value().values_size(), 2);
  EXPECT_EQ(frame.fields().at("runs").struct_value().fields().at("runs").list_value().values_size(), 1);
  api_->stop();
  const Ended away = run({"top", "--once"});
  EXPECT_EQ(away.exit_code, 4);
  EXPECT_NE(away.err.find("[SERVER_UNREACHABLE]"), std::string::npos) << away.err;
}

TEST_F(CliTest, ModelsFromFileToDescription) {
  const Ended added =
      run({"models", "add", source("models/digits.tflite"), "--expected", source("models/digits.json")});
  EXPECT_EQ(added.exit_code, 0) << added.err;
  EXPECT_NE(added.out.find("added: digits"), std::string::npos) << added.out;
  const Ended again = run({"models", "add", source("models/digits.tflite")});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_NE(again.out.find("known already: digits"), std::string::npos) << again.out;
  EXPECT_NE(run({"models", "list"}).out.find("digits"), std::string::npos);
  const Ended shown = run({"models", "show", "digits"});
  EXPECT_NE(shown.out.find("CONV_2D"), std::string::npos) << shown.out;
  const auto model = json(run({"--json", "models", "show", "digits"})).fields().at("model").struct_value();
  EXPECT_GT(model.fields().at("expectedOutputs").list_value().values_size(), 1);
}

TEST_F(CliTest, SubmitWaitsAndPrintsTheTable) {
  play_boards_always();
  const Ended ended = run({"submit", source("models/digits.tflite"), "--board", "all", "--skip-unfit", "--wait"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("123,456"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("instructions (emulated)"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("2x3"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("2/2 expected"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("succeeded"), std::string::npos) << ended.out;
  EXPECT_NE(ended.err.find("digits on small-type skipped"), std::string::npos) << ended.err;
  // A job that had finished before it was watched has no more to tell than its table.
  if (ended.err.find("1 of 1 runs finished") != std::string::npos) return;
  EXPECT_NE(ended.err.find("[1/1] digits on big-1: succeeded, 123,456 instructions (emulated), 95 % interval "
                           "[123,456, 123,456], 2x3, verified 2/2 expected\n"),
            std::string::npos)
      << ended.err;
}

TEST_F(CliTest, SubmitWithoutWaitThenJobCommands) {
  add_digits();
  const Ended submitted = run({"submit", "digits", "--board", "big-1,small-type", "--measure", "latency,memory",
                               "--sessions", "5", "--key", "k", "--annotate", "commit=abc", "--json"});
  EXPECT_EQ(submitted.exit_code, 0) << submitted.err;
  const auto job = json(submitted).fields().at("job").struct_value();
  const std::string job_id = job.fields().at("jobId").string_value();
  const auto spec = job.fields().at("spec").struct_value();
  EXPECT_EQ(spec.fields().at("measurements").list_value().values_size(), 2);
  EXPECT_EQ(spec.fields().at("settings").struct_value().fields().at("sessions").number_value(), 5);
  EXPECT_NE(run({"jobs"}).out.find(job_id), std::string::npos);
  const Ended shown = run({"job", "show", job_id});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("commit = abc"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("MODEL_TOO_LARGE_FOR_RAM"), std::string::npos) << shown.out;
  EXPECT_EQ(run({"job", "logs", job_id}).exit_code, 0);
  EXPECT_EQ(run({"job", "cancel", job_id}).exit_code, 0);
  EXPECT_EQ(run({"job", "wait", job_id}).exit_code, 1) << "a job that was cancelled did not succeed";
}

TEST_F(CliTest, RunExportLeaderboardVersion) {
  const std::string run_id = run_of_digits();
  const Ended shown = run({"run", "show", run_id});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("95 % interval [123,456, 123,456] over 3 sessions"), std::string::npos) << shown.out;
  const auto exported = json(run({"export", run_id}));
  EXPECT_EQ(exported.fields().at("samples").list_value().values_size(), 3);
  const std::string file = (folder_.path() / "run.json").string();
  EXPECT_EQ(run({"export", run_id, "-o", file}).exit_code, 0);
  EXPECT_GT(std::filesystem::file_size(file), 500U);
  const Ended leaderboard = run({"leaderboard", "--model", "digits"});
  EXPECT_NE(leaderboard.out.find("instructions (emulated)"), std::string::npos) << leaderboard.out;
  EXPECT_NE(leaderboard.out.find("big-type"), std::string::npos) << leaderboard.out;
  const Ended version = run({"version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_NE(version.out.find("1.2.3-test"), std::string::npos) << version.out;
}

TEST_F(CliTest, ExportsTheProfileForOtherTools) {
  const std::string run_id = run_of_digits();
  const auto trace = json(run({"export", run_id, "--format", "trace"}));
  EXPECT_TRUE(trace.fields().at("otherData").struct_value().fields().at("emulated").bool_value());
  EXPECT_EQ(trace.fields().at("traceEvents").list_value().values_size(), 9);
  const std::string file = (folder_.path() / "profile.csv").string();
  EXPECT_EQ(run({"export", run_id, "--format", "csv", "-o", file}).exit_code, 0);
  std::ifstream csv(file);
  std::string titles, row, more;
  std::getline(csv, titles);
  std::getline(csv, row);
  EXPECT_EQ(titles.substr(0, 20), "run_id,model,model_s");
  EXPECT_NE(row.find(run_id + ",digits,"), std::string::npos) << row;
  EXPECT_NE(row.find(",0,CONV_2D,,,0,123500,1,0,0,0\r"), std::string::npos) << row;
  EXPECT_FALSE(std::getline(csv, more)) << "one operator, one row";
  EXPECT_EQ(run({"export", run_id, "--format", "xml"}).exit_code, 2);
  EXPECT_EQ(run({"export", "r-none", "--format", "csv"}).exit_code, 3);
  const Ended shown = run({"run", "show", run_id});
  EXPECT_NE(shown.out.find("overhead 0.0810 %"), std::string::npos) << shown.out;
}

TEST_F(CliTest, RunWithoutAProfileHasNoneToExport) {
  add_digits();
  EXPECT_EQ(run({"submit", "digits", "--board", "big-1", "--measure", "latency", "--key", "k"}).exit_code, 0);
  play_boards();
  const std::string run_id = queue_
                                 ->job(json(run({"jobs", "--json"}))
                                           .fields()
                                           .at("jobs")
                                           .list_value()
                                           .values(0)
                                           .struct_value()
                                           .fields()
                                           .at("jobId")
                                           .string_value())
                                 ->runs(0)
                                 .run_id();
  const Ended refused = run({"export", run_id, "--format", "trace"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_NE(refused.err.find("[PROFILE_MISSING]"), std::string::npos) << refused.err;
}

// No server: nothing listens on port 1.
TEST_F(CliTest, InspectsAFileWithoutAServer) {
  const auto inspect = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {TINYRIG_CLI, "--server", "127.0.0.1:1", "inspect"});
    return Spawned(arguments).wait();
  };
  const Ended fits = inspect({source("models/digits.tflite"), "--for", "microbit"});
  EXPECT_EQ(fits.exit_code, 0) << fits.err;
  for (const char* part : {"on microbit (cortex-m0, emulated)", "verdict       fits", "10, 41,984 MACs", "<- peak",
                           "DEPTHWISE_CONV_2D", "arena over time, ", "^ peak: "}) {
    EXPECT_NE(fits.out.find(part), std::string::npos) << part << "\n" << fits.out;
  }
  const Ended misfit = inspect({source("models/vibration.tflite"), "--for", "microbit"});
  EXPECT_EQ(misfit.exit_code, 1);
  EXPECT_NE(misfit.out.find("DOES NOT FIT [MODEL_TOO_LARGE_FOR_RAM]"), std::string::npos) << misfit.out;
  const std::string vibration = source("models/vibration.tflite");
  EXPECT_EQ(inspect({vibration, "--for", "mps2-an386,microbit"}).exit_code, 1) << "one of those named";
  EXPECT_EQ(inspect({vibration, "--for", "mps2-an386", "--for", "mps2-an500"}).exit_code, 0);
  const Ended survey = inspect({vibration});
  EXPECT_EQ(survey.exit_code, 0) << "it fits somewhere";
  EXPECT_NE(survey.out.find("BOARD TYPE"), std::string::npos) << survey.out;
  const auto answer = json(inspect({vibration, "--json"})).fields().at("inspections").list_value();
  EXPECT_GE(answer.values_size(), 8);
  EXPECT_EQ(answer.values(0).struct_value().fields().at("macs").string_value(), "811248");
}

TEST_F(CliTest, InspectSaysWhatIsWrong) {
  const Ended refused = run({"inspect", source("tests/vectors/bad/unknown_operator_sin.tflite")});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_NE(refused.out.find("operator 2 is SIN"), std::string::npos) << refused.out;
  EXPECT_NE(refused.out.find("[MODEL_UNKNOWN_OPERATOR]: 1 of 3 operators"), std::string::npos) << refused.out;
  EXPECT_NE(refused.out.find("1  LOGISTIC"), std::string::npos) << refused.out;
  const Ended damaged = run({"inspect", source("tests/vectors/bad/truncated_half.tflite")});
  EXPECT_EQ(damaged.exit_code, 3);
  EXPECT_NE(damaged.err.find("[MODEL_NOT_FLATBUFFER]"), std::string::npos) << damaged.err;
  const std::string digits = source("models/digits.tflite");
  const Ended unknown = run({"inspect", digits, "--for", "nonsense"});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_NE(unknown.err.find("The catalog has host, microbit, "), std::string::npos) << unknown.err;
  EXPECT_EQ(run({"inspect", "/nonexistent.tflite"}).exit_code, 2);
  EXPECT_EQ(run({"inspect", digits, "--catalog", "/nonexistent"}).exit_code, 2);
  EXPECT_EQ(run({"inspect", "digits", "--catalog", source("deploy/boards")}).exit_code, 2) << "of files only";
}

TEST_F(CliTest, InspectsARegisteredModelOnTheServersTypes) {
  add_digits();
  const Ended both = run({"inspect", "digits"});
  EXPECT_EQ(both.exit_code, 0) << both.err;
  EXPECT_NE(both.out.find("big-type    cortex-m7  yes"), std::string::npos) << both.out;
  EXPECT_NE(both.out.find("small-type  cortex-m0  NO"), std::string::npos) << both.out;
  EXPECT_EQ(run({"inspect", "digits", "--for", "small-type"}).exit_code, 1);
  EXPECT_EQ(run({"inspect", "digits", "--for", "mps2-an386"}).exit_code, 3) << "the server's catalog has it not";
  EXPECT_EQ(run({"inspect", "unknown"}).exit_code, 3);
}

TEST_F(CliTest, ExitCodes) {
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({"nonsense"}).exit_code, 2);
  EXPECT_EQ(run({"submit", "digits"}).exit_code, 2) << "no board";
  EXPECT_EQ(run({"models", "add", "/nonexistent.tflite"}).exit_code, 2);
  EXPECT_EQ(run({"submit", "x", "--board", "all", "--measure", "beauty"}).exit_code, 2);
  EXPECT_EQ(run({"--help"}).exit_code, 0);
  EXPECT_EQ(run({"job", "show", "j-none"}).exit_code, 3);
  EXPECT_EQ(run({"submit", "unknown", "--board", "all"}).exit_code, 3);
  EXPECT_EQ(run({"boards", "nonsense"}).exit_code, 3);
  EXPECT_EQ(Spawned({TINYRIG_CLI, "--server", "127.0.0.1:1", "boards"}).wait().exit_code, 4);
}

TEST_F(CliTest, ErrorsSayWhatAndWhatToDo) {
  const Ended refused = run({"models", "add", source("tests/vectors/bad/float_model.tflite")});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_NE(refused.err.find("[MODEL_FLOAT]"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("hint:"), std::string::npos) << refused.err;
  EXPECT_EQ(refused.out, "");
  const std::string bad = (folder_.path() / "bad.json").string();
  std::ofstream(bad) << "{}";
  const Ended golden = run({"models", "add", source("models/digits.tflite"), "--expected", bad});
  EXPECT_EQ(golden.exit_code, 2);
  EXPECT_NE(golden.err.find("vectors"), std::string::npos) << golden.err;
}

TEST_F(CliTest, EveryHelpNamesTheExitCodes) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                    {"submit", "--help"},
                                                    {"models", "add", "--help"},
                                                    {"job", "--help"},
                                                    {"run", "show", "--help"},
                                                    {"energy", "show", "--help"},
                                                    {"export", "--help"},
                                                    {"inspect", "--help"},
                                                    {"leaderboard", "--help"},
                                                    {"boards", "--help"}}) {
    EXPECT_NE(run(arguments).out.find("Exit codes: 0"), std::string::npos) << arguments.front();
  }
}

TEST_F(CliTest, InterruptDetachesAndSaysHowToGoOn) {
  const std::string job_id = submit_digits("big-1");
  Spawned waiting(command({"job", "wait", job_id}));
  ASSERT_TRUE(waiting.wait_for_stderr("job " + job_id + ": 0 of 1 runs finished"));
  waiting.signal(SIGINT);
  const Ended ended = waiting.wait();
  EXPECT_EQ(ended.exit_code, 130) << ended.err;
  EXPECT_NE(ended.err.find("job wait " + job_id), std::string::npos) << ended.err;
  EXPECT_FALSE(queue_->job(job_id)->cancel_requested());
}

TEST_F(CliTest, WaitingSurvivesARestartOfTheDaemon) {
  const std::string job_id = submit_digits("big-1");
  Spawned waiting(command({"job", "wait", job_id}));
  ASSERT_TRUE(waiting.wait_for_stderr("0 of 1 runs finished"));
  config_.grpc_listen = "127.0.0.1:" + std::to_string(api_->grpc_port());
  api_.reset();
  ASSERT_TRUE(waiting.wait_for_stderr("is lost; the job goes on"));
  start_api();
  EXPECT_EQ(play_boards(), 1);
  const Ended ended = waiting.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("123,456"), std::string::npos) << ended.out;
}

TEST_F(CliTest, InterruptCancelsWhenAskedTo) {
  const std::string job_id = submit_digits("big-1");
  Spawned waiting(command({"job", "wait", job_id, "--cancel-on-interrupt"}));
  ASSERT_TRUE(waiting.wait_for_stderr("0 of 1 runs finished"));
  waiting.signal(SIGINT);
  const Ended ended = waiting.wait();
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_EQ(queue_->job(job_id)->outcome(), v1::OUTCOME_CANCELLED);
}

TEST_F(CliTest, AdminStorageSaysWhatThereIs) {
  run_of_digits();
  const Ended shown = run({"admin", "storage"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("models in use      1"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("kept for ever"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("free of"), std::string::npos) << shown.out;
  const auto storage = json(run({"admin", "storage", "--json"})).fields();
  EXPECT_EQ(storage.at("kinds").list_value().values_size(), 8);
  EXPECT_TRUE(storage.at("returnsSpace").bool_value());
}

TEST_F(CliTest, AdminBackupVerifyRestore) {
  const std::string run_id = run_of_digits();
  const std::string backup = (folder_.path() / "backup").string();
  const Ended taken = run({"admin", "backup", backup});
  ASSERT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_NE(taken.out.find("1 results, 1 models, by tinyrigd 1.2.3-test"), std::string::npos) << taken.out;
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "backup.tmp"));
  EXPECT_EQ(run({"admin", "backup", backup}).exit_code, 2) << "it is there already";
  const Ended verified = run({"admin", "verify", backup});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_NE(verified.out.find("sound: "), std::string::npos) << verified.out;
  const std::string state = (folder_.path() / "new").string();
  EXPECT_EQ(run({"admin", "restore", backup, "--state", folder_.path().string()}).exit_code, 3) << "the daemon runs";
  const Ended restored = run({"admin", "restore", backup, "--state", state});
  EXPECT_EQ(restored.exit_code, 0) << restored.err;
  const Ended again = run({"admin", "restore", backup, "--state", state});
  EXPECT_EQ(again.exit_code, 3);
  EXPECT_NE(again.err.find("STATE_EXISTS"), std::string::npos) << again.err;
  EXPECT_EQ(run({"admin", "restore", backup, "--state", state, "--replace"}).exit_code, 0);
  const auto store = store::open_sqlite_store(state);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->run(run_id)->has_result());
  std::ofstream(backup + "/tinyrig.db", std::ios::app) << "x";
  const Ended damaged = run({"admin", "verify", backup});
  EXPECT_EQ(damaged.exit_code, 3);
  EXPECT_NE(damaged.err.find("BACKUP_DAMAGED"), std::string::npos) << damaged.err;
}

// A person with a token: logs in, works, sees who did what, logs out.
class CliAccessTest : public CliTest {
 protected:
  CliAccessTest() {
    access_settings_.tokens_required = true;
    ::setenv("XDG_CONFIG_HOME", (folder_.path() / "config").c_str(), 1);
    ::unsetenv("TINYRIG_TOKEN");
  }
  ~CliAccessTest() override { ::unsetenv("XDG_CONFIG_HOME"); }
  std::string file_with(const std::string& text) {
    const std::string path = folder_.path() / "token";
    std::ofstream(path) << text << "\n";
    return path;
  }
  std::string admin_secret() {
    return testing_support::wait_for_answer<access::NewToken>([&](auto done) {
             access_->tokens().create({"root", "", v1::ROLE_ADMIN, absl::InfiniteFuture(), ""}, std::move(done));
           })
        ->secret;
  }
};

TEST_F(CliAccessTest, FromLoginToLogout) {
  Ended ended = run({"boards"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.err.find("[TOKEN_MISSING]"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("tinyrig login"), std::string::npos) << ended.err;

  ended = run({"login", "--token-file", file_with("tinyrig_wrong")});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.err.find("[TOKEN_UNKNOWN]"), std::string::npos) << ended.err;
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "config")) << "what does not work is not kept";
  EXPECT_EQ(run({"login", "--token-file", "/nowhere"}).exit_code, 2);

  ended = run({"login", "--token-file", file_with(admin_secret())});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("root (admin) at 127.0.0.1:"), std::string::npos) << ended.out;
  const auto kept = folder_.path() / "config/tinyrig/credentials.json";
  EXPECT_EQ(std::filesystem::status(kept).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(run({"boards"}).exit_code, 0);

  ended = run({"admin", "token", "create", "acme/firmware", "--role", "submitter", "--name", "ci", "--expires", "90d"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out.size(), 8U + 64U + 1U) << "the token alone: " << ended.out;
  const std::string secret = ended.out.substr(0, 72);
  ended = run({"admin", "token", "list"});
  EXPECT_NE(ended.out.find("acme/firmware"), std::string::npos) << ended.out;
  EXPECT_EQ(ended.out.find(secret), std::string::npos);

  // The environment's token is before the one that was kept.
  ::setenv("TINYRIG_TOKEN", secret.c_str(), 1);
  EXPECT_EQ(json(run({"whoami", "--json"})).fields().at("user").string_value(), "acme/firmware");
  ended = run({"admin", "audit"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.err.find("[ROLE_TOO_LOW]"), std::string::npos) << ended.err;
  ::unsetenv("TINYRIG_TOKEN");

  const auto tokens = json(run({"admin", "token", "list", "--json"})).fields().at("tokens").list_value();
  ASSERT_EQ(tokens.values_size(), 2);
  const std::string id = tokens.values(0).struct_value().fields().at("id").string_value();
  ended = run({"admin", "token", "revoke", id});
  EXPECT_EQ(ended.out, "revoked " + id + " of acme/firmware\n");
  ended = run({"admin", "audit", id});
  EXPECT_NE(ended.out.find("AccessService/RevokeToken"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("AccessService/CreateToken"), std::string::npos) << ended.out;

  EXPECT_EQ(run({"logout"}).exit_code, 0);
  EXPECT_EQ(run({"boards"}).exit_code, 3);
}

TEST_F(CliAccessTest, ADamagedFileOfCredentialsIsLeftAlone) {
  std::filesystem::create_directories(folder_.path() / "config/tinyrig");
  std::ofstream(folder_.path() / "config/tinyrig/credentials.json") << "no json";
  const Ended ended = run({"login", "--token-file", file_with(admin_secret())});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("[CREDENTIALS_INVALID]"), std::string::npos) << ended.err;
  std::string text;
  std::getline(std::ifstream(folder_.path() / "config/tinyrig/credentials.json") >> std::ws, text);
  EXPECT_EQ(text, "no json");
}

}  // namespace
}  // namespace tinyrig::api

// The energy of a run as people see it: never without its interval, uncertainty, method and validity.
#include "client/energy_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/result_table.h"
#include "client/run_text.h"

namespace tinyrig::client {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::Run measured_run() {
  v1::Run run;
  v1::RunSummary& summary = *run.mutable_summary();
  summary.set_run_id("r-1");
  summary.set_model_name("kws");
  summary.set_board_type("nucleo-f446re");
  summary.set_board_id("f4-1");
  summary.set_runtime("tinyrig");
  summary.set_state(v1::RUN_STATE_FINISHED);
  summary.set_outcome(v1::OUTCOME_SUCCEEDED);
  run.set_job_id("j-1");
  run.set_model_sha256("a51b30e33a75e0e6");
  run.add_measurements(v1::MEASUREMENT_ENERGY);
  run.mutable_settings()->set_energy_windows(5);
  run.mutable_settings()->set_energy_window_ms(200);
  run.mutable_result()->set_validity(v1::VALIDITY_VALID);
  v1::EnergyResult& energy = *run.mutable_result()->mutable_energy();
  energy.set_method(v1::ENERGY_METHOD_MEASURED);
  energy.set_instrument("ppk2");
  energy.set_instrument_details("PPK2, hardware 9173, calibrated");
  energy.set_supply_mv(3300);
  energy.set_samples_per_second(100'000);
  for (const double energy_uj : {8'123.4, 8'125.0}) {
    v1::EnergyWindow& window = *energy.add_windows();
    window.set_inferences(10);
    window.set_samples(20'010);
    window.set_energy_uj(energy_uj);
    window.set_mean_current_ua(12'300.5);
    window.set_instrument_us(200'100);
    window.set_board_us(200'088);
  }
  energy.set_energy_per_inference_uj(812.42);
  energy.mutable_interval_uj()->set_known(true);
  energy.mutable_interval_uj()->set_low(812.34);
  energy.mutable_interval_uj()->set_high(812.5);
  energy.set_uncertainty_uj(81.3);
  energy.set_average_power_uw(40'600);
  energy.set_idle_power_uw(9'900);
  energy.set_net_energy_per_inference_uj(614.3);
  energy.set_samples(120'000);
  return run;
}

v1::Run modelled_run() {
  v1::Run run = measured_run();
  run.mutable_result()->mutable_provenance()->set_emulated(true);
  run.mutable_result()->mutable_energy()->set_method(v1::ENERGY_METHOD_MODELLED);
  for (v1::EnergyWindow& window : *run.mutable_result()->mutable_energy()->mutable_windows()) window.set_board_us(0);
  return run;
}

TEST(EnergyText, WholePage) {
  EXPECT_EQ(energy_text(measured_run()), R"(energy of run r-1
  model          kws  a51b30e33a75
  board          f4-1 (nucleo-f446re)
  runtime        tinyrig
  numbers        valid

energy
  per inference  812.4 uJ per inference, the median over 2 windows
  95 % interval  [812.34, 812.50] uJ over the windows: how well it repeats
  uncertainty    ± 81.30 uJ (10.0 %): how far the truth may be (docs/energy.md)
  average power  40.60 mW in the windows
  idle power     9.900 mW between them
  net energy     614.3 uJ per inference, without what an idle board takes in that time
  method         measured by ppk2 at 3300 mV, 100,000 samples/s
  instrument     PPK2, hardware 9173, calibrated
  samples        120,000, none lost

WINDOW  INFERENCES  BY INSTRUMENT   BY BOARD  DIFFERENCE    ENERGY  PER INFERENCE  MEAN CURRENT  LOST  SATURATED
     1          10      200.10 ms  200.09 ms    +12.0 us  8.123 mJ      812.34 uJ      12.30 mA     0          0
     2          10      200.10 ms  200.09 ms    +12.0 us  8.125 mJ      812.50 uJ      12.30 mA     0          0
)");
}

TEST(EnergyText, ModelledIsSaidWhereverTheNumberStands) {
  const v1::Run run = modelled_run();
  EXPECT_EQ(energy_line(run.result()), "812.4 uJ per inference (modelled)");
  EXPECT_THAT(energy_text(run), HasSubstr("board          f4-1 (nucleo-f446re, emulated)\n"));
  EXPECT_THAT(energy_text(run), HasSubstr("method         modelled: a simulated ppk2 at 3300 mV, 100,000 samples/s; it "
                                          "draws what a stated model of the board says, no board drew it\n"));
  EXPECT_THAT(energy_text(run), HasSubstr("200.10 ms         -           -  8.123 mJ")) << "instructions are no time";
  EXPECT_THAT(energy_table({run}), HasSubstr("modelled"));
  EXPECT_THAT(energy_table({run}), Not(HasSubstr("measured")));
}

TEST(EnergyText, AMethodThatIsNotStatedIsNotMeasured) {
  v1::Run run = measured_run();
  run.mutable_result()->mutable_energy()->set_method(v1::ENERGY_METHOD_UNSPECIFIED);
  EXPECT_THAT(energy_text(run), HasSubstr("unknown whether measured or modelled"));
  EXPECT_THAT(energy_line(run.result()), HasSubstr("(modelled)"));
}

TEST(EnergyText, InvalidSaysWhy) {
  v1::Run run = measured_run();
  v1::RunResult& result = *run.mutable_result();
  result.set_validity(v1::VALIDITY_INVALID);
  result.add_invalid_reasons("3 samples were saturated");
  result.add_invalid_reasons("lost\nsamples");
  result.mutable_energy()->mutable_interval_uj()->set_known(false);
  result.mutable_energy()->set_lost_samples(240);
  const std::string text = energy_text(run);
  for (const char* part :
       {"numbers        NOT valid\n", "because        3 samples were saturated\n", "lost?samples\n",
        "812.4 uJ per inference INVALID", "95 % interval  unknown\n", "samples        120,000, 240 LOST, 0.2000 %\n"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(energy_table({run}), HasSubstr("812.4 uJ INVALID"));
}

TEST(EnergyText, WithoutAWindowNothingIsKnown) {
  v1::Run run = measured_run();
  run.mutable_result()->mutable_energy()->clear_windows();
  const std::string text = energy_text(run);
  EXPECT_THAT(text, HasSubstr("per inference  unknown per inference, the median over 0 windows\n"));
  EXPECT_THAT(text, HasSubstr("uncertainty    unknown\n"));
  EXPECT_THAT(text, HasSubstr("net energy     unknown\n"));
  EXPECT_THAT(text, Not(HasSubstr("812")));
  EXPECT_THAT(text, Not(HasSubstr("WINDOW")));
}

TEST(EnergyText, IdleThatWasNotSeenGivesNoNetEnergy) {
  v1::Run run = measured_run();
  run.mutable_result()->mutable_energy()->set_idle_power_uw(0);
  EXPECT_THAT(energy_text(run), HasSubstr("idle power     unknown\n  net energy     unknown\n"));
}

TEST(EnergyText, IsASectionOfTheRun) {
  v1::Run run = measured_run();
  EXPECT_THAT(run_text(run), HasSubstr("\nenergy\n  per inference  812.4 uJ"));
  EXPECT_THAT(run_text(run), HasSubstr("5 windows of energy, of at least 200 ms\n"));
  run.mutable_result()->clear_energy();
  run.clear_measurements();
  EXPECT_THAT(run_text(run), Not(HasSubstr("energy")));
}

TEST(EnergyText, StandsBelowTheResultsOfThoseThatHaveIt) {
  v1::Run without = measured_run();
  without.mutable_summary()->set_run_id("r-0");
  without.mutable_result()->clear_energy();
  EXPECT_THAT(result_table({without}), Not(HasSubstr("ENERGY")));
  const std::string text = result_table({without, measured_run()});
  EXPECT_THAT(text, HasSubstr("\n\nMODEL  BOARD  RUNTIME  ENERGY/INFERENCE  95 % INTERVAL        UNCERTAINTY"
                              "          WINDOWS  METHOD          RUN\n"));
  EXPECT_THAT(text, HasSubstr("kws    f4-1   tinyrig          812.4 uJ  [812.34, 812.50] uJ  ± 81.30 uJ (10.0 %)"
                              "        2  measured, ppk2  r-1\n"));
  EXPECT_EQ(result_line(modelled_run().result()), "812.4 uJ per inference (modelled), verified -");
}

TEST(EnergyText, SaysWhyThereIsNone) {
  v1::Run run = measured_run();
  run.mutable_result()->clear_energy();
  run.mutable_summary()->set_state(v1::RUN_STATE_MEASURING);
  EXPECT_EQ(energy_missing(run).message, "run r-1 is measuring: it has no energy yet");
  EXPECT_EQ(energy_missing(run).hint, "tinyrig job wait j-1");
  run.mutable_summary()->set_state(v1::RUN_STATE_FINISHED);
  run.mutable_summary()->set_outcome(v1::OUTCOME_INFRA_ERROR);
  run.mutable_summary()->set_message("the instrument is gone");
  EXPECT_EQ(energy_missing(run).message, "run r-1 has no energy: it ended as infra error: the instrument is gone");
  run.clear_measurements();
  EXPECT_EQ(energy_missing(run).message, "run r-1 did not measure energy");
  EXPECT_THAT(energy_missing(run).hint, HasSubstr("--measure energy on a board with an instrument"));
}

}  // namespace
}  // namespace tinyrig::client

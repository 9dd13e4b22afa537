#include "server/gate/comparable.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace tinyrig::gate {
namespace {

// "OUTCOME_USER_ERROR" -> "user error"
std::string outcome_words(v1::Outcome outcome) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(v1::Outcome_Name(outcome).substr(sizeof("OUTCOME"))), {{"_", " "}});
}

std::string runtime_name(const v1::RunProvenance& from) {
  return absl::StrCat(from.runtime().name(), " ", from.runtime().version());
}

struct Field {
  const char* name;
  std::string base, head;
};

}  // namespace

std::string why_unusable(const v1::Run& run, const std::string& side) {
  const v1::RunSummary& summary = run.summary();
  const std::string which = absl::StrCat("the ", side, " run ", summary.run_id());
  if (summary.state() != v1::RUN_STATE_FINISHED) return absl::StrCat(which, " has not finished");
  if (run.has_result() && run.result().validity() == v1::VALIDITY_INVALID) {
    return absl::StrCat(which, " is invalid: ", absl::StrJoin(run.result().invalid_reasons(), "; "));
  }
  if (summary.outcome() != v1::OUTCOME_SUCCEEDED) {
    const std::string reason = summary.reason().empty() ? "" : absl::StrCat(" [", summary.reason(), "]");
    return absl::StrCat(which, " did not succeed: ", outcome_words(summary.outcome()), reason, ": ", summary.message());
  }
  if (!run.has_result() || run.result().validity() != v1::VALIDITY_VALID) {
    return absl::StrCat(which, " has no valid result");
  }
  return "";
}

std::string why_incomparable(const v1::Run& base, const v1::Run& head) {
  const v1::RunProvenance& a = base.result().provenance();
  const v1::RunProvenance& b = head.result().provenance();
  const Field fields[] = {
      {"board type", a.board_type().id(), b.board_type().id()},
      {"board", a.board_id(), b.board_id()},
      {"emulated or not", a.emulated() ? "emulated" : "silicon", b.emulated() ? "emulated" : "silicon"},
      {"timing source", v1::TimingSource_Name(a.timing_source()), v1::TimingSource_Name(b.timing_source())},
      {"unit of ticks", v1::TickUnit_Name(a.tick_unit()), v1::TickUnit_Name(b.tick_unit())},
      {"ticks per second", absl::StrCat(a.ticks_per_second()), absl::StrCat(b.ticks_per_second())},
      {"runtime", a.runtime().name(), b.runtime().name()},
      {"input seed", absl::StrCat(base.settings().input_seed()), absl::StrCat(head.settings().input_seed())},
  };
  for (const Field& field : fields) {
    if (field.base != field.head) {
      return absl::StrCat("not comparable: ", field.name, " is ", field.base, " for base and ", field.head,
                          " for head");
    }
  }
  const bool other_agent = a.agent().build_id() != b.agent().build_id() || runtime_name(a) != runtime_name(b);
  if (other_agent && a.model_sha256() != b.model_sha256()) {
    return absl::StrCat("not comparable: agent build is ", a.agent().build_id(), " (", runtime_name(a),
                        ") for base and ", b.agent().build_id(), " (", runtime_name(b),
                        ") for head, and the model differs too: two changes at once");
  }
  return "";
}

bool identical(const v1::Run& base, const v1::Run& head) {
  const v1::RunProvenance& a = base.result().provenance();
  const v1::RunProvenance& b = head.result().provenance();
  return a.model_sha256() == b.model_sha256() && a.agent().build_id() == b.agent().build_id() &&
         runtime_name(a) == runtime_name(b);
}

}  // namespace tinyrig::gate

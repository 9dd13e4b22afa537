// Chrome's trace event format ("Trace Event Format", JSON object form): one complete event ("X") per operator,
// one after another as they ran, the arena as a counter ("C"), and the two end-to-end times as tracks of their
// own beside them. Its times are microseconds: where ticks have no time, one tick is drawn as one, and the
// process says so.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "server/export/export_profile.h"
#include "server/export/number_text.h"

namespace tinyrig::exporting {
namespace {

std::string quoted(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(value, &json).ok()) return "\"\"";  // no UTF-8: never stored
  return json;
}

const char* unit_name(v1::TickUnit unit) {
  switch (unit) {
    case v1::TICK_UNIT_INSTRUCTIONS:
      return "instructions";
    case v1::TICK_UNIT_CYCLES:
      return "cycles";
    case v1::TICK_UNIT_NANOSECONDS:
      return "nanoseconds";
    case v1::TICK_UNIT_TIMER_TICKS:
      return "timer ticks";
    default:
      return "ticks";
  }
}

class Trace {
 public:
  explicit Trace(const v1::Run& run)
      : run_(run),
        from_(run.result().provenance()),
        profile_(run.result().profile()),
        unit_(absl::StrCat(unit_name(from_.tick_unit()), from_.emulated() ? " (emulated)" : "")) {}

  std::string text() {
    name_tracks();
    if (profile_.clean_ticks() > 0) slice(kCleanTrack, "inference, clean", 0, profile_.clean_ticks(), "");
    slice(kInstrumentedTrack, "inference, profiled", 0, profile_.instrumented_ticks(), "");
    double start = 0;
    for (const v1::OperatorProfile& op : profile_.operators()) {
      operator_slice(op, start);
      start += op.ticks();
    }
    arena(start, 0);
    return absl::StrCat("{\n\"displayTimeUnit\": ", has_time() ? "\"ns\"" : "\"ms\"",
                        ",\n\"otherData\": ", other_data(), ",\n\"traceEvents\": [\n", events_, "\n]\n}\n");
  }

 private:
  static constexpr int kOperatorTrack = 1, kInstrumentedTrack = 2, kCleanTrack = 3;

  bool has_time() const { return from_.ticks_per_second() != 0; }
  double microseconds(double ticks) const {
    return has_time() ? ticks * 1e6 / static_cast<double>(from_.ticks_per_second()) : ticks;
  }
  std::string scale() const {
    return has_time() ? absl::StrCat(unit_, ", ", from_.ticks_per_second(), " per second")
                      : absl::StrCat(unit_, ", no time: 1 us here is 1 ", from_.emulated() ? "emulated " : "",
                                     from_.tick_unit() == v1::TICK_UNIT_INSTRUCTIONS ? "instruction" : "tick");
  }

  void event(const std::string& json) {
    if (!events_.empty()) absl::StrAppend(&events_, ",\n");
    absl::StrAppend(&events_, json);
  }

  void name(const char* what, int track, const std::string& text) {
    event(absl::StrCat("{\"ph\": \"M\", \"pid\": 1, \"tid\": ", track, ", \"name\": \"", what,
                       "\", \"args\": {\"name\": ", quoted(text), "}}"));
  }

  void name_tracks() {
    const v1::RunSummary& summary = run_.summary();
    name("process_name", 0,
         absl::StrCat(summary.model_name(), " on ", summary.board_type(), " with ", summary.runtime(), ": ", scale()));
    name("thread_name", kOperatorTrack, absl::StrCat("operators, mean of ", profile_.iterations(), " inferences"));
    name("thread_name", kInstrumentedTrack, "end to end, profiled");
    if (profile_.clean_ticks() > 0) name("thread_name", kCleanTrack, "end to end, clean");
  }

  void slice(int track, const std::string& text, double start, double ticks, const std::string& more_args) {
    event(absl::StrCat("{\"ph\": \"X\", \"pid\": 1, \"tid\": ", track, ", \"name\": ", quoted(text),
                       ", \"ts\": ", number_text(microseconds(start)), ", \"dur\": ", number_text(microseconds(ticks)),
                       ", \"args\": {\"ticks\": ", number_text(ticks), ", \"unit\": ", quoted(unit_), more_args, "}}"));
  }

  void operator_slice(const v1::OperatorProfile& op, double start) {
    const double per_tick = op.ticks() > 0 ? static_cast<double>(op.macs()) / op.ticks() : 0;
    slice(kOperatorTrack, absl::StrCat("#", op.index(), " ", op.kind()), start, op.ticks(),
          absl::StrCat(", \"shape\": ", quoted(op.shape()), ", \"kernel\": ", quoted(op.kernel()),
                       ", \"share\": ", number_text(op.share()), ", \"macs\": ", op.macs(),
                       ", \"macs_per_tick\": ", number_text(per_tick), ", \"weight_bytes\": ", op.weight_bytes(),
                       ", \"arena_live_bytes\": ", op.arena_live_bytes()));
    arena(start, op.arena_live_bytes());
  }

  void arena(double at, std::uint64_t bytes) {
    event(absl::StrCat("{\"ph\": \"C\", \"pid\": 1, \"name\": \"arena live\", \"ts\": ", number_text(microseconds(at)),
                       ", \"args\": {\"bytes\": ", bytes, "}}"));
  }

  std::string other_data() const {
    return absl::StrCat(
        "{\"run_id\": ", quoted(run_.summary().run_id()), ", \"model_sha256\": ", quoted(run_.model_sha256()),
        ", \"board_id\": ", quoted(run_.summary().board_id()),
        ", \"agent_build_id\": ", quoted(from_.agent().build_id()),
        ", \"validity\": ", quoted(v1::Validity_Name(run_.result().validity())), ", \"unit\": ", quoted(scale()),
        ", \"emulated\": ", from_.emulated() ? "true" : "false",
        ", \"overhead_ratio\": ", profile_.clean_ticks() > 0 ? number_text(profile_.overhead_ratio()) : "null", "}");
  }

  const v1::Run& run_;
  const v1::RunProvenance& from_;
  const v1::ProfileResult& profile_;
  const std::string unit_;
  std::string events_;
};

}  // namespace

std::string chrome_trace(const v1::Run& run) { return Trace(run).text(); }

}  // namespace tinyrig::exporting

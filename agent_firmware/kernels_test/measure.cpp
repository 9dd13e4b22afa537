// A case of JobKind::kMeasure. Ticks are those of port.h, read as the agent reads them.
//   loaded arena=BYTES operators=N                  or: refused error=N missing=BYTES
//   run seed=S fnv=OUTPUT ticks=T                   one line per input seed
//   operator index=I ticks=T fnv=OUTPUT             first seed; the hashing is outside of the ticks
//   profiled ticks=T read=T                         the same run without hashing; one read of the counter
#include "agent_firmware/kernels_test/run.h"
#include "agent_firmware/ports/shared/print.h"

extern "C" {
// Where a tool that watches the program (tests/bench/engine) begins and ends to count.
[[gnu::noinline]] void window_begin() { asm volatile("" ::: "memory"); }
[[gnu::noinline]] void window_end() { asm volatile("" ::: "memory"); }
}

namespace tinyrig::kernels_test {
namespace {

using namespace tinyrig::text;

void clean_run(std::uint32_t seed) {
  fill_inputs(seed);
  window_begin();
  const std::uint64_t start = read_ticks();
  const runtime::Error error = current.run();
  const std::uint64_t ticks = read_ticks() - start;
  window_end();
  print_field("run seed=", seed);
  print(" fnv=");
  print_hash(output_fnv1a32());
  print_field(" ticks=", ticks);
  print_field(" error=", static_cast<std::uint64_t>(error));
  print("\n");
}

struct Clock {
  std::uint64_t last;
};

void print_operator(void* context, std::uint16_t index) {
  const std::uint64_t now = read_ticks();
  Clock& clock = *static_cast<Clock*>(context);
  print_field("operator index=", index);
  print_field(" ticks=", now - clock.last);
  print(" fnv=");
  print_hash(wire::fnv1a_32(current.operator_output(index)));
  print("\n");
  clock.last = read_ticks();
}

void read_clock(void* context, std::uint16_t) { static_cast<Clock*>(context)->last = read_ticks(); }

void profiled_runs(std::uint32_t seed) {
  fill_inputs(seed);
  Clock clock{read_ticks()};
  const runtime::OperatorHook printing{print_operator, &clock};
  current.run(&printing);

  fill_inputs(seed);
  const runtime::OperatorHook reading{read_clock, &clock};
  const std::uint64_t start = read_ticks();
  current.run(&reading);
  const std::uint64_t ticks = read_ticks() - start;
  const std::uint64_t read_start = read_ticks();
  const std::uint64_t read = read_ticks() - read_start;
  print_field("profiled ticks=", ticks);
  print_field(" read=", read);
  print("\n");
}

}  // namespace

void measure(const Job& job, const Case& test) {
  runtime::LoadReport report{};
  const runtime::Error error = current.load(at(job, test.image_offset, test.image_bytes), port::model_ram(), report);
  if (error != runtime::Error::kOk) {
    print_field("refused error=", static_cast<std::uint64_t>(error));
    print_field(" missing=", report.missing_bytes);
    print("\n");
    return;
  }
  print_field("loaded arena=", report.arena_bytes);
  print_field(" operators=", report.operator_count);
  print("\n");
  for (std::uint32_t i = 0; i < test.input_seeds; ++i) clean_run(test.first_input_seed + i);
  profiled_runs(test.first_input_seed);
}

}  // namespace tinyrig::kernels_test

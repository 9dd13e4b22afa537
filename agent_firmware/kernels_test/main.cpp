// tinyrig-kernels: runs packed images that lie in the model slot and says on the serial line what came out,
// without agent and link. A test image, for QEMU with -no-reboot: it ends by a reset, as it does after a fault.
//   start board=TYPE core=N hz=TICKS_PER_SECOND reset=R
//   ... a job's lines: measure.cpp, compare.cpp ...
//   end cases=N mismatches=N                        without this line it did not get through
#include "agent_firmware/kernels_test/run.h"
#include "agent_firmware/ports/shared/print.h"

namespace {

using namespace tinyrig;
using namespace tinyrig::text;
using namespace tinyrig::kernels_test;

void obey(const Job& job) {
  const Case* cases = reinterpret_cast<const Case*>(&job + 1);
  std::uint32_t mismatches = 0;
  for (std::uint32_t i = 0; i < job.case_count; ++i) {
    if (job.kind == JobKind::kMeasure) {
      measure(job, cases[i]);
    } else if (!compare(job, cases[i])) {
      ++mismatches;
    }
  }
  print_field("end cases=", job.case_count);
  print_field(" mismatches=", mismatches);
  print("\n");
}

}  // namespace

int main() {
  port::init();
  port::begin_measuring();  // nothing but the job runs, from here on
  print("start board=");
  print(port::board_type());
  print_field(" core=", static_cast<std::uint64_t>(engine::this_core()));
  print_field(" hz=", port::ticks_per_second());
  print_field(" reset=", static_cast<std::uint64_t>(port::reset_reason()));
  print("\n");
  const Job& job = *reinterpret_cast<const Job*>(port::model_slot().data());
  if (job.magic == kJobMagic) {
    obey(job);
  } else {
    print("no job in the model slot\n");
  }
  port::flush();
}

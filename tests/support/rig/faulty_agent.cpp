// tinyrig-faulty-agent: the host agent, whole and with real bytes, that computes "--fault=wrong" (a bit of its
// output is turned over) or "--fault=slow" (each inference takes 50 ms more). "--fault=none": sound, with the
// same build id. Other options are the host agent's.
#include <time.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "agent_firmware/agent/runtime.h"
#include "agent_firmware/ports/host/host_agent.h"

namespace {

using namespace tinyrig;

constexpr char kVariable[] = "TINYRIG_FAULT";  // what remains over a reset, which starts the process anew
constexpr long kSlowNs = 50'000'000;

runtime::Error faulty_run(const runtime::OperatorHook* hook) {
  const runtime::Error error = runtime::run(hook);
  const char* fault = std::getenv(kVariable);
  if (error != runtime::Error::kOk || fault == nullptr) return error;
  if (std::strcmp(fault, "wrong") == 0) const_cast<std::byte&>(runtime::output(0).front()) ^= std::byte{1};
  if (std::strcmp(fault, "slow") == 0) {
    timespec left{.tv_sec = 0, .tv_nsec = kSlowNs};
    while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
  }
  return error;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string option = "--fault=";
  std::vector<char*> others;
  for (int i = 0; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.rfind(option, 0) == 0) {
      ::setenv(kVariable, argument.substr(option.size()).c_str(), 1);
    } else {
      others.push_back(argv[i]);
    }
  }
  others.push_back(nullptr);
  return port::host::run_host_agent(static_cast<int>(others.size()) - 1, others.data(), faulty_run);
}

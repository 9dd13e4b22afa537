// What a process uses, by /proc; zeros when it is gone.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace tinyrig::bench {

struct ProcessUse {
  double resident_kib = 0;
  std::size_t descriptors = 0;
  double cpu_seconds = 0;
};

ProcessUse use_of(pid_t pid);

}  // namespace tinyrig::bench

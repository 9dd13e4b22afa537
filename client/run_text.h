// A run as a page of text: settings, what it ran with, samples' summary, memory, every operator, and whether
// the numbers may be trusted. Pure.
#pragma once

#include <string>

#include "tinyrig/v1/run.pb.h"

namespace tinyrig::client {

std::string run_text(const v1::Run& run);

}  // namespace tinyrig::client

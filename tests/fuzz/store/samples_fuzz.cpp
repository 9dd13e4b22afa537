// Columns of samples from any bytes: an error, or samples that survive being written again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/store/sample_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto samples = tinyrig::store::decode_samples(bytes);
  if (!samples.ok()) return 0;
  const auto again = tinyrig::store::decode_samples(tinyrig::store::encode_samples(*samples));
  if (!again.ok() || *again != *samples) std::abort();
  return 0;
}

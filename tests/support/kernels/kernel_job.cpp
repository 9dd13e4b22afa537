#include <cstring>

#include "tests/support/kernels/kernel_board.h"

namespace tinyrig::test {
namespace {

std::size_t aligned(std::size_t bytes) {
  return (bytes + packed::kAlignment - 1) / packed::kAlignment * packed::kAlignment;
}

}  // namespace

void KernelJob::add(kernels_test::Case test, std::vector<std::byte> image, std::vector<std::byte> reference) {
  cases_.push_back({test, std::move(image), std::move(reference)});
}

std::size_t KernelJob::bytes() const {
  std::size_t bytes = aligned(sizeof(kernels_test::Job) + cases_.size() * sizeof(kernels_test::Case));
  for (const Entry& entry : cases_) bytes += aligned(entry.image.size()) + aligned(entry.reference.size());
  return bytes;
}

std::vector<std::byte> KernelJob::build() const {
  std::vector<std::byte> all(bytes());
  const kernels_test::Job job{kernels_test::kJobMagic, kind_, static_cast<std::uint32_t>(cases_.size()), 0};
  std::memcpy(all.data(), &job, sizeof job);
  std::size_t case_at = sizeof job;
  std::size_t at = aligned(sizeof job + cases_.size() * sizeof(kernels_test::Case));
  const auto place = [&](const std::vector<std::byte>& image, std::uint32_t& offset, std::uint32_t& size) {
    offset = static_cast<std::uint32_t>(at);
    size = static_cast<std::uint32_t>(image.size());
    if (!image.empty()) std::memcpy(all.data() + at, image.data(), image.size());
    at += aligned(image.size());
  };
  for (const Entry& entry : cases_) {
    kernels_test::Case test = entry.test;
    place(entry.image, test.image_offset, test.image_bytes);
    place(entry.reference, test.reference_offset, test.reference_bytes);
    std::memcpy(all.data() + case_at, &test, sizeof test);
    case_at += sizeof test;
  }
  return all;
}

}  // namespace tinyrig::test

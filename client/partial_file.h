// A file that comes piece by piece and is there whole or not at all: it has another name until it is complete.
#pragma once

#include <string>
#include <string_view>

namespace tinyrig::client {

class PartialFile {
 public:
  enum class Readers { kEverybody, kOwner };

  /// Nothing is made yet.
  explicit PartialFile(std::string path, Readers readers = Readers::kEverybody);
  /// Removes what was not kept.
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  /// What follows gives "" or, for people, what went wrong. A path that is no regular file is refused.
  std::string open();
  std::string write(std::string_view bytes);
  /// All of it is on its way to the disk. No write() after it.
  std::string close();
  /// Takes its name; replaces a file that has it.
  std::string keep();

 private:
  std::string failed(int error) const;

  const std::string path_;
  const Readers readers_;
  std::string temporary_;  // empty: there is none
  int fd_ = -1;
};

}  // namespace tinyrig::client

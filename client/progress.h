// What a job is doing, as lines of text: a small table that is redrawn on a terminal, or one line when a run
// starts, goes back to the queue or ends elsewhere. Pure: gets messages, gives text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tinyrig/v1/job.pb.h"

namespace tinyrig::client {

class Progress {
 public:
  /// The whole job: first message, and after a gap.
  void update(const v1::Job& job);
  /// Gives the line that tells of the change, without newline; empty when nothing changed that is worth one
  /// (a step of a run that goes on).
  std::string update(const v1::RunSummary& run);

  /// The redrawn picture: a summary line, then one line per run on a board, at most `max_lines` of at most
  /// `max_width` columns.
  std::vector<std::string> picture(std::size_t max_lines, std::size_t max_width) const;
  /// "12 of 27 runs finished, 3 running, 12 queued, 1 not succeeded".
  std::string summary() const;

 private:
  std::size_t finished() const;

  std::string job_id_;
  std::map<std::string, v1::RunSummary> runs_;  // by run id, which sorts by birth
};

/// "[#####.....]  50 %" of `width` characters inside the brackets; nothing known: empty brackets.
std::string progress_bar(double fraction, std::size_t width);

}  // namespace tinyrig::client

// Which runtimes the boards that a cell may run on carry. Pure.
#pragma once

#include <string>
#include <vector>

#include "tinyrig/v1/board.pb.h"

namespace tinyrig::jobs {

class CarriedRuntimes {
 public:
  /// `boards`: those of one target. `usual`: what a board that has not said yet is taken to carry.
  CarriedRuntimes(std::vector<const v1::Board*> boards, std::vector<v1::AgentRuntime> usual);

  /// Every name that they carry, once.
  std::vector<std::string> names() const;
  /// nullptr: no board says that it carries it.
  const v1::AgentRuntime* find(const std::string& name) const;
  /// Some board has not said yet: it may carry any.
  bool may_carry_others() const { return some_unheard_; }
  /// For people, who carries what: "a: tinyrig 0.1.0, portable 0.1.0; b: nothing known yet".
  std::string text() const;

 private:
  std::vector<const v1::Board*> boards_;
  std::vector<v1::AgentRuntime> runtimes_;
  bool some_unheard_ = false;
};

}  // namespace tinyrig::jobs

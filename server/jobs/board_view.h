// What the queue needs to know of a board that asks for work.
#pragma once

#include <string>
#include <vector>

namespace tinyrig::jobs {

struct BoardView {
  std::string id;
  std::string type;
  std::vector<std::string> labels;
};

}  // namespace tinyrig::jobs

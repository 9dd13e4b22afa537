#include "server/model/arena_plan.h"

#include <algorithm>
#include <numeric>

#include "server/model/errors.h"
#include "server/model/memory_planner.h"

namespace tinyrig::model {
namespace {

struct Interval {
  std::int32_t first = 0;
  std::int32_t last = 0;
};

// Lifetimes of values, and classes of values that lie at one place.
class Lifetimes {
 public:
  explicit Lifetimes(const Program& program) : program_(&program) {
    const std::size_t count = program.values.size();
    intervals_.resize(count, {std::numeric_limits<std::int32_t>::max(), std::numeric_limits<std::int32_t>::min()});
    const auto live_at = [this](ValueId value, std::int32_t step) {
      intervals_[value].first = std::min(intervals_[value].first, step);
      intervals_[value].last = std::max(intervals_[value].last, step);
    };
    for (const ValueId value : program.inputs) live_at(value, -1);
    for (std::size_t i = 0; i < program.operators.size(); ++i) {
      const LoweredOperator& op = program.operators[i];
      for (const auto* values : {&op.reads, &op.writes, &op.scratch}) {
        for (const ValueId value : *values) live_at(value, static_cast<std::int32_t>(i));
      }
    }
    for (const ValueId value : program.outputs) live_at(value, static_cast<std::int32_t>(program.operators.size()));
    parent_.resize(count);
    std::iota(parent_.begin(), parent_.end(), 0U);
    class_interval_ = intervals_;
  }

  // RESHAPE and its kin: the same bytes under another name. Both only read them, unless an operator works
  // in place, which waits for the end of the whole class.
  void share_copies() {
    for (const LoweredOperator& op : program_->operators) {
      if (op.kind == packed::OperatorKind::kCopy && !op.reads.empty()) merge(op.reads[0], op.writes[0]);
    }
  }

  // An output takes over an input of its size that nothing needs after this operator.
  void share_in_place() {
    for (std::size_t i = 0; i < program_->operators.size(); ++i) {
      const LoweredOperator& op = program_->operators[i];
      const auto step = static_cast<std::int32_t>(i);
      for (const ValueId input : op.in_place) {
        const ValueId output = op.writes[0];
        if (root(input) == root(output)) break;
        if (program_->values[input].bytes == program_->values[output].bytes &&
            class_interval_[root(input)].last == step && class_interval_[root(output)].first == step) {
          merge(input, output);
          break;
        }
      }
    }
  }

  // Every value stays where it is to the end.
  void keep_all() {
    for (Interval& interval : class_interval_) {
      interval = {-1, static_cast<std::int32_t>(program_->operators.size())};
    }
  }

  bool is_placed(ValueId value) const {
    return program_->values[value].kind != Value::Kind::kConstant && intervals_[value].first <= intervals_[value].last;
  }
  const Interval& interval(ValueId value) const { return intervals_[value]; }
  const Interval& class_interval(ValueId value) const { return class_interval_[root(value)]; }
  ValueId root(ValueId value) const {
    while (parent_[value] != value) value = parent_[value];
    return value;
  }

 private:
  void merge(ValueId a, ValueId b) {
    const ValueId into = root(a), from = root(b);
    if (into == from) return;
    parent_[from] = into;
    class_interval_[into].first = std::min(class_interval_[into].first, class_interval_[from].first);
    class_interval_[into].last = std::max(class_interval_[into].last, class_interval_[from].last);
  }

  const Program* program_;
  std::vector<Interval> intervals_, class_interval_;
  std::vector<ValueId> parent_;
};

struct Attempt {
  Lifetimes lifetimes;
  std::vector<ValueId> roots;  // of each buffer
  MemoryPlan plan;
};

Attempt plan_classes(const Program& program, Lifetimes lifetimes) {
  Attempt attempt{std::move(lifetimes), {}, {}};
  std::vector<PlannedBuffer> buffers;
  for (ValueId value = 0; value < program.values.size(); ++value) {
    if (!attempt.lifetimes.is_placed(value) || attempt.lifetimes.root(value) != value) continue;
    const Interval& interval = attempt.lifetimes.class_interval(value);
    attempt.roots.push_back(value);
    buffers.push_back({program.values[value].bytes, interval.first, interval.last});
  }
  attempt.plan = plan_memory(buffers, packed::kAlignment);
  return attempt;
}

// Sharing never raises the sum of live bytes, but a longer life can fragment: the smaller arena is kept.
Attempt plan_sharing(const Program& program) {
  Lifetimes copies_shared(program);
  copies_shared.share_copies();
  Lifetimes in_place = copies_shared;
  in_place.share_in_place();
  Attempt attempt = plan_classes(program, std::move(in_place));
  if (attempt.plan.total_bytes > attempt.plan.lower_bound_bytes) {
    Attempt plain = plan_classes(program, std::move(copies_shared));
    if (plain.plan.total_bytes < attempt.plan.total_bytes) attempt = std::move(plain);
  }
  return attempt;
}

Attempt plan_apart(const Program& program) {
  Lifetimes lifetimes(program);
  lifetimes.keep_all();
  return plan_classes(program, std::move(lifetimes));
}

// Sums of bytes over the steps -1 .. operators.
class StepSums {
 public:
  explicit StepSums(std::size_t operators) : changes_(operators + 3, 0) {}
  void add(const Interval& interval, std::uint32_t bytes) {
    changes_[static_cast<std::size_t>(interval.first + 1)] += bytes;
    changes_[static_cast<std::size_t>(interval.last + 2)] -= bytes;
  }
  // By step, the first is -1.
  std::vector<std::int64_t> sums() const {
    std::vector<std::int64_t> result(changes_.size() - 1);
    std::partial_sum(changes_.begin(), changes_.end() - 1, result.begin());
    return result;
  }

 private:
  std::vector<std::int64_t> changes_;
};

}  // namespace

const Placement* ArenaPlan::find(ValueId value) const {
  const auto found = std::ranges::lower_bound(placements, value, {}, &Placement::value);
  return found != placements.end() && found->value == value ? &*found : nullptr;
}

absl::StatusOr<ArenaPlan> plan_arena(const Program& program, MemoryReuse reuse) {
  Attempt attempt = reuse == MemoryReuse::kAll ? plan_sharing(program) : plan_apart(program);
  if (attempt.plan.total_bytes >= packed::kInImage) {
    return model_error(kTooLarge, "the activations need " + std::to_string(attempt.plan.total_bytes) + " bytes");
  }

  ArenaPlan result;
  result.arena_bytes = static_cast<std::uint32_t>(attempt.plan.total_bytes);
  std::vector<std::uint32_t> offset_of_root(program.values.size(), 0);
  std::vector<std::uint32_t> members(program.values.size(), 0);
  StepSums classes(program.operators.size()), tensors(program.operators.size());
  for (std::size_t i = 0; i < attempt.roots.size(); ++i) {
    const ValueId root = attempt.roots[i];
    offset_of_root[root] = attempt.plan.offsets[i];
    classes.add(attempt.lifetimes.class_interval(root), program.values[root].bytes);
  }
  for (ValueId value = 0; value < program.values.size(); ++value) {
    if (attempt.lifetimes.is_placed(value)) ++members[attempt.lifetimes.root(value)];
  }
  for (ValueId value = 0; value < program.values.size(); ++value) {
    if (!attempt.lifetimes.is_placed(value)) continue;
    const ValueId root = attempt.lifetimes.root(value);
    const Interval& interval = attempt.lifetimes.interval(value);
    result.placements.push_back(
        {value, offset_of_root[root], program.values[value].bytes, interval.first, interval.last, members[root] > 1});
    if (program.values[value].kind == Value::Kind::kActivation) tensors.add(interval, program.values[value].bytes);
  }
  const std::vector<std::int64_t> live = classes.sums(), live_tensors = tensors.sums();
  result.lower_bound_bytes = static_cast<std::uint32_t>(*std::ranges::max_element(live));
  result.live_set_bytes = static_cast<std::uint32_t>(
      std::min<std::int64_t>(*std::ranges::max_element(live_tensors), std::numeric_limits<std::uint32_t>::max()));
  for (std::size_t i = 0; i < program.operators.size(); ++i) {
    result.live_bytes.push_back(static_cast<std::uint32_t>(live[i + 1]));
  }
  return result;
}

}  // namespace tinyrig::model

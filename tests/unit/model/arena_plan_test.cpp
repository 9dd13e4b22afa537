// Lifetimes and sharing: by hand on small graphs, and as a property of random ones: a run in a planned arena
// gives what a run with every tensor in a place of its own gives.
#include "server/model/arena_plan.h"

#include <gtest/gtest.h>

#include "server/model/lower.h"
#include "server/model/pack.h"
#include "server/model/parse_tflite.h"
#include "server/model/reference_run.h"
#include "tests/support/model/random_model.h"
#include "tests/support/model/tflite_builder.h"

namespace tinyrig::model {
namespace {

using test::TfliteBuilder;

struct Planned {
  Graph graph;
  Program program;
  ArenaPlan plan;

  // Of the tensor with this index in the file.
  const Placement& at(int tensor) const {
    for (const Placement& placement : plan.placements) {
      if (program.values[placement.value].tensor == tensor) return placement;
    }
    ADD_FAILURE() << "tensor " << tensor << " has no place";
    static const Placement none;
    return none;
  }
};

Planned plan_of(const TfliteBuilder& builder) {
  Planned planned;
  absl::StatusOr<Graph> graph = parse_tflite(builder.build());
  EXPECT_TRUE(graph.ok()) << graph.status();
  planned.graph = std::move(graph).value();
  absl::StatusOr<Program> program = lower(planned.graph);
  EXPECT_TRUE(program.ok()) << program.status();
  planned.program = std::move(program).value();
  absl::StatusOr<ArenaPlan> plan = plan_arena(planned.program);
  EXPECT_TRUE(plan.ok()) << plan.status();
  planned.plan = std::move(plan).value();
  return planned;
}

TEST(ArenaPlan, ReshapeLiesWhereItsInputLies) {
  TfliteBuilder builder;
  const int in = builder.input({1, 4, 4, 2});
  const int out = builder.tensor({1, 32});
  builder.add(OperatorCode::kReshape, {in}, {out});
  builder.output(out);
  const Planned planned = plan_of(builder);
  EXPECT_EQ(planned.at(in).offset, planned.at(out).offset);
  EXPECT_TRUE(planned.at(out).shared);
  EXPECT_EQ(planned.plan.arena_bytes, 32U);
  EXPECT_EQ(planned.plan.live_set_bytes, 64U);
  EXPECT_EQ(planned.at(in).first_operator, -1);
  EXPECT_EQ(planned.at(out).last_operator, 1);  // read by the host after operator 0
}

TEST(ArenaPlan, ElementwiseOutputTakesOverADeadInput) {
  TfliteBuilder builder;
  const int in = builder.input({1, 64});
  const int middle = builder.tensor({1, 64});
  const int out = builder.tensor({1, 64});
  builder.add(OperatorCode::kRelu, {in}, {middle});
  builder.add(OperatorCode::kHardSwish, {middle}, {out});
  builder.output(out);
  const Planned planned = plan_of(builder);
  EXPECT_EQ(planned.plan.arena_bytes, 64U);
  EXPECT_EQ(planned.at(in).offset, planned.at(out).offset);
}

TEST(ArenaPlan, AnInputThatIsReadLaterIsNotOverwritten) {
  TfliteBuilder builder;
  const int in = builder.input({1, 64});
  const int middle = builder.tensor({1, 64});
  const int out = builder.tensor({1, 64});
  builder.add(OperatorCode::kRelu, {in}, {middle});
  builder.add(OperatorCode::kAdd, {in, middle}, {out});
  builder.output(out);
  const Planned planned = plan_of(builder);
  EXPECT_NE(planned.at(in).offset, planned.at(middle).offset);
  EXPECT_EQ(planned.plan.arena_bytes, 128U);
  EXPECT_EQ(planned.at(out).offset, planned.at(in).offset);  // both inputs of ADD end here; the first is taken over
}

// A reshape of the input shares its bytes, so the input's last reader is the reshape's.
TEST(ArenaPlan, InPlaceWaitsForEveryNameOfTheSameBytes) {
  TfliteBuilder builder;
  const int in = builder.input({1, 64});
  const int same = builder.tensor({1, 8, 8, 1});
  const int changed = builder.tensor({1, 64});
  const int out = builder.tensor({1, 8, 8, 1});
  builder.add(OperatorCode::kReshape, {in}, {same});
  builder.add(OperatorCode::kRelu, {in}, {changed});
  builder.add(OperatorCode::kRelu6, {same}, {out});
  builder.output(changed);
  builder.output(out);
  const Planned planned = plan_of(builder);
  EXPECT_EQ(planned.at(in).offset, planned.at(same).offset);
  EXPECT_NE(planned.at(changed).offset, planned.at(in).offset);
  EXPECT_EQ(planned.at(out).offset, planned.at(in).offset);
}

TEST(ArenaPlan, AModelOutputIsNotOverwritten) {
  TfliteBuilder builder;
  const int in = builder.input({1, 32});
  const int first = builder.tensor({1, 32});
  const int second = builder.tensor({1, 32});
  builder.add(OperatorCode::kRelu, {in}, {first});
  builder.add(OperatorCode::kRelu6, {first}, {second});
  builder.output(first);
  builder.output(second);
  const Planned planned = plan_of(builder);
  EXPECT_NE(planned.at(first).offset, planned.at(second).offset);
  EXPECT_EQ(planned.at(first).last_operator, 2);
}

TEST(ArenaPlan, BroadcastInputIsNotTakenOver) {
  TfliteBuilder builder;
  const int small = builder.input({1, 1, 1, 8});
  const int large = builder.input({1, 2, 2, 8});
  const int out = builder.tensor({1, 2, 2, 8});
  builder.add(OperatorCode::kMul, {small, large}, {out});
  builder.output(out);
  const Planned planned = plan_of(builder);
  EXPECT_EQ(planned.at(out).offset, planned.at(large).offset);
  EXPECT_NE(planned.at(out).offset, planned.at(small).offset);
}

TEST(ArenaPlan, RandomGraphsRunAlikeWithAndWithoutReuse) {
  std::uint64_t reused_bytes = 0, apart_bytes = 0;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const absl::StatusOr<Graph> graph = parse_tflite(test::random_model(seed));
    ASSERT_TRUE(graph.ok()) << graph.status();
    const absl::StatusOr<PackedModel> reused = pack(*graph, packed::Core::kPortable);
    ASSERT_TRUE(reused.ok()) << reused.status();
    PackOptions options;
    options.reuse = MemoryReuse::kNone;
    const absl::StatusOr<PackedModel> apart = pack(*graph, packed::Core::kPortable, options);
    ASSERT_TRUE(apart.ok()) << apart.status();
    EXPECT_LE(reused->arena_bytes, apart->arena_bytes);
    EXPECT_GE(reused->arena_bytes, reused->arena_lower_bound_bytes);
    EXPECT_LE(reused->arena_bytes, reused->live_set_bytes + reused->live_set_bytes / 10 + 2048);
    const absl::StatusOr<ReferenceRun> a = reference_run(reused->image, seed);
    const absl::StatusOr<ReferenceRun> b = reference_run(apart->image, seed);
    ASSERT_TRUE(a.ok()) << a.status();
    ASSERT_TRUE(b.ok()) << b.status();
    EXPECT_EQ(a->operator_fnv1a32, b->operator_fnv1a32);
    EXPECT_EQ(a->output, b->output);
    reused_bytes += reused->arena_bytes;
    apart_bytes += apart->arena_bytes;
  }
  EXPECT_LT(reused_bytes, apart_bytes * 2 / 3);
}

}  // namespace
}  // namespace tinyrig::model

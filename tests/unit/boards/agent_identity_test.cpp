#include "server/boards/agent_identity.h"

#include <gtest/gtest.h>

namespace tinyrig::boards {
namespace {

agent::v1::HelloReply hello() {
  agent::v1::HelloReply hello;
  hello.set_protocol_version(1);
  hello.set_build_id("feedface");
  hello.set_unit_id(std::string("\x00\xfe", 2));
  hello.set_board_type("nucleo");
  hello.set_boot_count(7);
  agent::v1::Runtime& ours = *hello.add_runtimes();
  ours.set_name("tinyrig");
  ours.set_version("0.1.0");
  ours.set_model_format(agent::v1::MODEL_FORMAT_PACKED);
  ours.set_core(static_cast<std::uint32_t>(packed::Core::kCortexM33));
  agent::v1::Runtime& theirs = *hello.add_runtimes();
  theirs.set_name("tflm");
  theirs.set_version("v9");
  theirs.set_model_format(agent::v1::MODEL_FORMAT_TFLITE);
  return hello;
}

TEST(AgentIdentity, IsWhatTheHelloSays) {
  const v1::AgentIdentity identity = identity_of(hello());
  EXPECT_EQ(identity.protocol_version(), 1U);
  EXPECT_EQ(identity.build_id(), "feedface");
  EXPECT_EQ(identity.unit_id(), "00fe");
  EXPECT_EQ(identity.board_type(), "nucleo");
  EXPECT_EQ(identity.boot_count(), 7U);
  ASSERT_EQ(identity.runtimes_size(), 2);
  EXPECT_EQ(identity.runtimes(0).ShortDebugString(),
            "name: \"tinyrig\" version: \"0.1.0\" model_format: MODEL_FORMAT_PACKED core: \"cortex-m33\"");
  EXPECT_EQ(identity.runtimes(1).ShortDebugString(),
            "name: \"tflm\" version: \"v9\" model_format: MODEL_FORMAT_TFLITE");
  EXPECT_EQ(runtimes_text(identity), "tinyrig 0.1.0, tflm v9");
  EXPECT_EQ(find_runtime(identity, "tflm"), &identity.runtimes(1));
  EXPECT_EQ(find_runtime(identity, "portable"), nullptr);
}

// Of a newer agent.
TEST(AgentIdentity, KeepsWhatItDoesNotKnowUnnamed) {
  agent::v1::HelloReply newer = hello();
  newer.mutable_runtimes(0)->set_core(200);
  newer.mutable_runtimes(1)->set_model_format(static_cast<agent::v1::ModelFormat>(9));
  const v1::AgentIdentity identity = identity_of(newer);
  EXPECT_EQ(identity.runtimes(0).core(), "");
  EXPECT_EQ(identity.runtimes(1).model_format(), v1::MODEL_FORMAT_UNSPECIFIED);
}

TEST(AgentIdentity, WithoutRuntimesCarriesNothing) { EXPECT_EQ(runtimes_text({}), "nothing"); }

TEST(UsualRuntimes, AreOurEngineForTheCoreAndPortable) {
  const auto usual = usual_runtimes(packed::Core::kCortexM4);
  ASSERT_EQ(usual.size(), 2U);
  EXPECT_EQ(usual[0].ShortDebugString(), "name: \"tinyrig\" model_format: MODEL_FORMAT_PACKED core: \"cortex-m4\"");
  EXPECT_EQ(usual[1].ShortDebugString(), "name: \"portable\" model_format: MODEL_FORMAT_PACKED core: \"portable\"");
}

}  // namespace
}  // namespace tinyrig::boards

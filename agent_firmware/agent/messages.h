// Short names for the link's messages as nanopb generates them from proto/tinyrig/agent/v1/agent.proto.
#pragma once

#include <pb_decode.h>
#include <pb_encode.h>

#include <cstdint>

#include "agent.pb.h"

namespace tinyrig::agent {

using HelloRequest = tinyrig_agent_v1_HelloRequest;
using HelloReply = tinyrig_agent_v1_HelloReply;
using HostMessage = tinyrig_agent_v1_HostMessage;
using AgentMessage = tinyrig_agent_v1_AgentMessage;
using Status = tinyrig_agent_v1_Status;
using ErrorCode = tinyrig_agent_v1_ErrorCode;
using Destination = tinyrig_agent_v1_Destination;

inline constexpr ErrorCode kOk = tinyrig_agent_v1_ErrorCode_ERROR_CODE_OK;
inline constexpr ErrorCode kBadRequest = tinyrig_agent_v1_ErrorCode_ERROR_CODE_BAD_REQUEST;
inline constexpr ErrorCode kBadModel = tinyrig_agent_v1_ErrorCode_ERROR_CODE_BAD_MODEL;
inline constexpr ErrorCode kNotForThisBoard = tinyrig_agent_v1_ErrorCode_ERROR_CODE_MODEL_NOT_FOR_THIS_BOARD;
inline constexpr ErrorCode kArenaTooSmall = tinyrig_agent_v1_ErrorCode_ERROR_CODE_ARENA_TOO_SMALL;
inline constexpr ErrorCode kModelTooLarge = tinyrig_agent_v1_ErrorCode_ERROR_CODE_MODEL_TOO_LARGE;
inline constexpr ErrorCode kNoModel = tinyrig_agent_v1_ErrorCode_ERROR_CODE_NO_MODEL;
inline constexpr ErrorCode kOutOfOrder = tinyrig_agent_v1_ErrorCode_ERROR_CODE_TRANSFER_OUT_OF_ORDER;
inline constexpr ErrorCode kCorrupt = tinyrig_agent_v1_ErrorCode_ERROR_CODE_TRANSFER_CORRUPT;
inline constexpr ErrorCode kFlashFailed = tinyrig_agent_v1_ErrorCode_ERROR_CODE_FLASH_FAILED;
inline constexpr ErrorCode kWindowTooLong = tinyrig_agent_v1_ErrorCode_ERROR_CODE_WINDOW_TOO_LONG;
inline constexpr ErrorCode kOperatorFailed = tinyrig_agent_v1_ErrorCode_ERROR_CODE_OPERATOR_FAILED;
inline constexpr ErrorCode kModelUnsupported = tinyrig_agent_v1_ErrorCode_ERROR_CODE_MODEL_UNSUPPORTED;
inline constexpr ErrorCode kUnsupported = tinyrig_agent_v1_ErrorCode_ERROR_CODE_UNSUPPORTED;

inline constexpr Destination kModelRam = tinyrig_agent_v1_Destination_DESTINATION_MODEL_RAM;
inline constexpr Destination kModelSlot = tinyrig_agent_v1_Destination_DESTINATION_MODEL_SLOT;
inline constexpr Destination kInput = tinyrig_agent_v1_Destination_DESTINATION_INPUT;

// Why something failed, on its way to a Status. `text` is a literal.
struct Failure {
  ErrorCode code = kOk;
  std::int64_t detail = 0;
  const char* text = "";

  bool ok() const { return code == kOk; }
};

}  // namespace tinyrig::agent

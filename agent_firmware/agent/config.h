// Sizes of the agent's static buffers. A board with little RAM sets them smaller in its build
// (compile definitions); the defaults fit any board with 32 KiB or more.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/link/frame.h"

// Largest payload of a frame that the agent takes. Larger is faster: 20 bytes of each frame are overhead.
#ifndef TINYRIG_AGENT_PAYLOAD_BYTES
#define TINYRIG_AGENT_PAYLOAD_BYTES 960
#endif
// Largest message that the agent sends.
#ifndef TINYRIG_AGENT_MESSAGE_BYTES
#define TINYRIG_AGENT_MESSAGE_BYTES 320
#endif
// Latency samples (8 bytes each) that one window can hold; they lie at the end of the model RAM.
#ifndef TINYRIG_AGENT_SAMPLES
#define TINYRIG_AGENT_SAMPLES 1024
#endif

namespace tinyrig::agent {

inline constexpr std::size_t kPayloadBytes = TINYRIG_AGENT_PAYLOAD_BYTES;
inline constexpr std::size_t kMessageBytes = TINYRIG_AGENT_MESSAGE_BYTES;
inline constexpr std::size_t kSamples = TINYRIG_AGENT_SAMPLES;
// Two messages under way, so that a stream does not wait for each acknowledgement.
inline constexpr std::size_t kTransmitBytes = 2 * (2 + link::max_encoded_bytes(kMessageBytes));
// Of the receive ring; what control frames of the host may take beside the window.
inline constexpr std::size_t kWindowReserveBytes = 64;

}  // namespace tinyrig::agent

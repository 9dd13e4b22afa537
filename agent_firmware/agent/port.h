// What a port writes: the few functions that tie the agent to one board type. docs/porting.md walks
// through them. All are called from one thread (main), none from interrupts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::port {

// Clocks, UART at 115200 8N1 with receive interrupt, measuring counter. Called once, first.
void init();

// --- serial line ---
// Bytes received since the last call, at most buffer.size(); never waits.
std::size_t read(std::span<std::uint8_t> buffer);
// Capacity of the receive ring behind read(): the link's window.
std::size_t receive_capacity();
// Queues or sends all of it; may wait for the line, never for the host to think.
void write(std::span<const std::uint8_t> bytes);
// Returns when every written byte has left.
void flush();
// Sleeps (WFI, poll) until a byte may have come. Spurious returns are fine.
void wait();
// The same, but until there is something whole to look at: a byte 0x00 (ends a frame) or '%' (ends a text
// command) is among what was not read, or a quarter of the ring is full. Without this, decoding each byte
// as it comes costs more than receiving it. May be wait().
void wait_for_frame();
// False: the port cannot. Called after flush().
bool set_baud(std::uint32_t baud);

// --- measuring ---
// Free-running counter, 64 bit; the port extends a narrower one. Monotonic as long as it is read at
// least once per counter_period() ticks.
std::uint64_t ticks();
std::uint64_t ticks_per_second();
// Ticks after which the counter behind ticks() wraps; UINT64_MAX: never.
std::uint64_t counter_period();
// The ticks are cycles of the core, from a counter that was found at start; false: of any other clock.
bool counts_core_cycles();
// How the board's clocks came up, for people: "fixed", "full_speed", or what did not answer. A core that is slow for it
// says so in ticks_per_second().
const char* clock_state();
// Masks interrupts, and back; a board's trigger is high in between. The agent measures between the two.
void begin_measuring();
void end_measuring();
// An instrument can see when the board measures.
bool has_trigger();
// Interrupts that ran since boot.
std::uint32_t interrupt_count();
// Runs a loop of `loops` rounds whose instructions are known; returns instructions per round, 0: unknown.
std::uint32_t calibration_loop(std::uint32_t loops);

// --- identity ---
const char* board_type();
// First 16 hex digits of the image's SHA-256, patched in after linking (host: of the executable).
const char* build_id();
std::span<const std::uint8_t> unit_id();
enum class ResetReason : std::uint8_t { kUnknown, kPowerOn, kSoftware, kWatchdog, kFault };
ResetReason reset_reason();
// Of the fault that reset the board; fields as CrashReport of agent.proto. Null: none did, or the port keeps none.
struct Crash {
  std::uint32_t cause, pc, lr, sp, fault_status, address;
};
const Crash* crash();
std::uint32_t boot_count();  // 1 when the board cannot count
[[noreturn]] void reset();

// --- memory ---
// RAM for arena and models in RAM, aligned to 16.
std::span<std::byte> model_ram();
// Flash slot for one packed model, aligned to 16; empty: none.
std::span<const std::byte> model_slot();
// Whether slot_erase and slot_program work (else the slot is written by the flasher alone).
bool slot_writable();
bool slot_erase(std::size_t bytes);
bool slot_program(std::size_t offset, std::span<const std::byte> bytes);  // offset, size: multiples of 16
// Stack, low to high address; the agent paints it and reads the high-water mark.
std::span<std::byte> stack();
std::size_t static_ram_bytes();
std::size_t flash_bytes();

}  // namespace tinyrig::port

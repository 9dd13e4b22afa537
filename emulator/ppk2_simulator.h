// A Nordic PPK2 without its USB: bytes of commands in, bytes of answers and samples out, as a real one has them. No
// time and no port: whoever owns it asks for the samples that are due.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tinyrig::emulator {

// What lies at the instrument's clamps for one sample period.
struct InstrumentInput {
  double current_ua = 0;
  std::uint8_t logic = 0;  // D0 is bit 0
};

class Ppk2Simulator {
 public:
  static constexpr std::uint32_t kSamplesPerSecond = 100'000;
  static constexpr std::size_t kWordBytes = 4;

  struct Hooks {
    std::function<InstrumentInput()> input;            // of the next sample period; needed
    std::function<void(bool streams)> stream_changed;  // any other may be missing
    std::function<void(bool on)> output_changed;       // VOUT, the supply of the board
    std::function<void()> was_reset;                   // by the host: a real one leaves the bus and comes back
  };
  explicit Ppk2Simulator(Hooks hooks) : hooks_(std::move(hooks)) {}

  /// What the host wrote, cut anywhere. Returns what it answers, one write each.
  std::vector<std::string> take(std::span<const std::uint8_t> bytes);
  /// The words of the next sample periods; nothing unless it streams.
  std::string produce(std::size_t samples);

  /// The host has closed its port: the output goes off. A stream goes on.
  void host_left() { set_output(false); }
  /// As it comes out of the box, without power before. What was set is forgotten, faults are too.
  void power_cycle();

  bool streams() const { return streams_; }
  bool output_on() const { return output_on_; }
  std::uint32_t supply_mv() const { return supply_mv_; }
  /// What it says of itself to 0x19.
  std::string metadata() const;

  // Faults of the words to come; each is done once.
  void lose(std::size_t words) { to_lose_ += words; }  // the counter goes on
  void corrupt_counter() { corrupt_ = true; }          // of one word
  void slip(std::size_t bytes) { to_slip_ += bytes; }  // that many bytes are missing
  void saturate(std::size_t samples) { to_saturate_ += samples; }
  // Of the metadata, until changed.
  enum class MetadataFault { kNone, kInThreeWrites, kNotANumber, kNoEnd };
  void set_metadata_fault(MetadataFault fault) { metadata_fault_ = fault; }

 private:
  static constexpr std::size_t kRanges = 5;
  enum Mode : std::uint8_t { kAmpere = 1, kSource = 2 };

  void carry_out(std::span<const std::uint8_t> command, std::vector<std::string>& answers);
  void set_streaming(bool streams);
  void set_output(bool on);
  std::vector<std::string> metadata_writes() const;
  // The code that the converter gives. What a code cannot say of the current is carried to the next sample, so that
  // the mean is right: a step is 46 uA in range 3.
  std::uint32_t code_of(double current_ua, std::size_t range);

  const Hooks hooks_;
  std::vector<std::uint8_t> received_;  // of a command that is not whole yet
  bool streams_ = false;
  bool output_on_ = false;
  std::uint8_t mode_ = kSource;
  std::uint32_t supply_mv_ = 3000;
  std::array<float, kRanges> user_gains_ = {1, 1, 1, 1, 1};
  std::uint32_t counter_ = 0;
  std::size_t last_range_ = 0;
  double carried_ua_ = 0;
  std::size_t to_lose_ = 0, to_slip_ = 0, to_saturate_ = 0;
  bool corrupt_ = false;
  MetadataFault metadata_fault_ = MetadataFault::kNone;
};

}  // namespace tinyrig::emulator

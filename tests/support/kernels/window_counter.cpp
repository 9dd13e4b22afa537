// A QEMU plugin (-plugin FILE.so,out=TEXT) that counts what tinyrig-kernels does between window_begin() and
// window_end(), and writes a line for each window:
//   instructions=N vector=N words_loaded=N words_stored=N
// Instruction counts alone flatter those that move many words or work on
// many lanes. A word is what one register takes: a byte or a half counts as one, LDRD as two, LDM as many as it has
// registers, a vector of 16 bytes as four (lanes that are masked off do not count).
#include <cstdio>
#include <cstring>

#include "tests/support/kernels/qemu_plugin_api.h"

namespace {

struct Counts {
  std::uint64_t instructions, vector;
  std::uint64_t scalar_loads, scalar_stores;  // words
  std::uint64_t vector_bytes_loaded, vector_bytes_stored;
};
Counts now, at_begin;
std::FILE* out = nullptr;
bool thumb = false;

// Thumb's 32-bit instructions of the vector extension (Helium). Floating-point instructions share the space
// (coprocessors 10 and 11) and are none, but for those that move lanes of a vector (VDUP, VMOV; bit 4 of the second
// half).
bool is_helium(const void* code, std::size_t bytes) {
  if (bytes != 4) return false;
  std::uint16_t half[2];
  std::memcpy(half, code, sizeof half);
  if ((half[0] & 0xEC00) != 0xEC00) return false;
  if ((half[0] & 0xEF00) == 0xEF00) return true;
  const unsigned coprocessor = half[1] >> 8 & 15;
  if (coprocessor >= 14) return true;
  return coprocessor == 11 && (half[0] & 0xFF00) == 0xEE00 && (half[1] & 0x10) != 0;
}

void begin(unsigned, void*) { at_begin = now; }

void end(unsigned, void*) {
  const std::uint64_t loaded =
      now.scalar_loads - at_begin.scalar_loads + (now.vector_bytes_loaded - at_begin.vector_bytes_loaded) / 4;
  const std::uint64_t stored =
      now.scalar_stores - at_begin.scalar_stores + (now.vector_bytes_stored - at_begin.vector_bytes_stored) / 4;
  std::fprintf(out, "instructions=%llu vector=%llu words_loaded=%llu words_stored=%llu\n",
               static_cast<unsigned long long>(now.instructions - at_begin.instructions),
               static_cast<unsigned long long>(now.vector - at_begin.vector), static_cast<unsigned long long>(loaded),
               static_cast<unsigned long long>(stored));
  std::fflush(out);
}

void scalar_access(unsigned, qemu_plugin_meminfo_t info, std::uint64_t, void*) {
  const std::uint64_t words = qemu_plugin_mem_size_shift(info) > 2 ? 2 : 1;
  (qemu_plugin_mem_is_store(info) ? now.scalar_stores : now.scalar_loads) += words;
}

void vector_access(unsigned, qemu_plugin_meminfo_t info, std::uint64_t, void*) {
  const std::uint64_t bytes = std::uint64_t{1} << qemu_plugin_mem_size_shift(info);
  (qemu_plugin_mem_is_store(info) ? now.vector_bytes_stored : now.vector_bytes_loaded) += bytes;
}

bool is_at(const qemu_plugin_insn* instruction, const char* function) {
  const char* symbol = qemu_plugin_insn_symbol(instruction);
  return symbol != nullptr && std::strcmp(symbol, function) == 0;
}

void translate(qemu_plugin_id_t, qemu_plugin_tb* block) {
  for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(block); ++i) {
    qemu_plugin_insn* instruction = qemu_plugin_tb_get_insn(block, i);
    // Each of the two functions is a single return.
    if (is_at(instruction, "window_begin")) {
      qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin, QEMU_PLUGIN_CB_NO_REGS, nullptr);
    } else if (is_at(instruction, "window_end")) {
      qemu_plugin_register_vcpu_insn_exec_cb(instruction, end, QEMU_PLUGIN_CB_NO_REGS, nullptr);
    }
    const bool vector = thumb && is_helium(qemu_plugin_insn_data(instruction), qemu_plugin_insn_size(instruction));
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &now.instructions, 1);
    if (vector) qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &now.vector, 1);
    qemu_plugin_register_vcpu_mem_cb(instruction, vector ? vector_access : scalar_access, QEMU_PLUGIN_CB_NO_REGS,
                                     QEMU_PLUGIN_MEM_RW, nullptr);
  }
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] extern const int qemu_plugin_version = 1;

// qemu_info_t begins with the target's name. Arguments: "out=TEXT".
[[gnu::visibility("default")]] int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc,
                                                       char** argv) {
  constexpr char kOut[] = "out=";
  if (argc == 1 && std::strncmp(argv[0], kOut, sizeof kOut - 1) == 0) out = std::fopen(argv[0] + sizeof kOut - 1, "w");
  if (out == nullptr) {
    std::fprintf(stderr, "window_counter: give out=FILE that can be written\n");
    return 1;
  }
  const char* target_name;
  std::memcpy(&target_name, info, sizeof target_name);
  thumb = std::strcmp(target_name, "arm") == 0;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  return 0;
}

}  // extern "C"

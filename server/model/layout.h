// The seam where a core's fast kernels plug in: chooses the kernel of an operator from its kind, shape and
// core, and brings its constants into that kernel's order. Runs before memory is planned, so it may add scratch.
//
// Thread-safe: pure functions on the program given.
#pragma once

#include "server/model/program.h"
#include "wire/packed_model/format.h"

namespace tinyrig::model {

/// "cortex-m4"; also what `--core` takes.
const char* core_name(packed::Core core);
/// False when no core has that name.
bool parse_core(std::string_view name, packed::Core& core);

/// Lays out every operator of `program` for `core`. An operator without a kernel of that core stays with
/// the portable one, whose layout is the .tflite's. True when any operator got one.
bool lay_out(Program& program, packed::Core core);

}  // namespace tinyrig::model

// The table that ends `submit --wait` and `job show`: one line per run, with everything a number needs beside
// it. Pure.
#pragma once

#include <string>
#include <vector>

#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::client {

/// model | board | runtime | median | interval | unit | n×sessions | arena | flash | verified | outcome,
/// sorted by model, then board type. Below it, when any run has energy: a line for each of those.
std::string result_table(std::vector<v1::Run> runs);

/// One result in a line: "123,456 instructions (emulated), 95 % interval [123,456, 123,456], 10x3, verified 8/8
/// expected".
std::string result_line(const v1::RunResult& result);

/// Reasons of runs that did not succeed, and the cells that were skipped; empty when there are none.
std::string result_notes(const v1::Job& job, const std::vector<v1::Run>& runs);

}  // namespace tinyrig::client

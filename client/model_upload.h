// A model file on its way to the server: resumable, in chunks, with its digest.
#pragma once

#include <string>
#include <vector>

#include "client/connection.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::client {

struct ModelFile {
  std::string path;
  // Empty: the file's name without extension.
  std::string name;
  // Empty: no expected outputs.
  std::string expected_path;
};

/// Reads and uploads; asks first how much the server holds, goes on there, and tries again when the
/// connection breaks. Reports what goes wrong. Empty `name` of the file is filled in from its path.
ExitCode upload_model(const Connection& connection, const ModelFile& file, v1::UploadModelResponse* response);

/// Whether `model` names a file (has a '/' or ends in .tflite) and not a registered model.
bool is_model_file(const std::string& model);

/// At most 64 MiB. Reports what goes wrong.
ExitCode read_file(const std::string& path, std::string* bytes);

/// "models/kws_small.tflite" -> "kws_small"; what a name may not hold becomes '-'.
std::string model_name_of(const std::string& path);

}  // namespace tinyrig::client

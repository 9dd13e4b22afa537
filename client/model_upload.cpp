#include "client/model_upload.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "client/golden_file.h"
#include "server/base/sha256.h"
#include "tinyrig/v1/model.grpc.pb.h"

namespace tinyrig::client {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::uintmax_t kMaxFileBytes = 64 * 1024 * 1024;
constexpr int kTries = 4;

ExitCode expected_outputs(const std::string& path, v1::UploadModelRequest::Header* header) {
  if (path.empty()) return kOk;
  std::string json;
  if (const ExitCode read = read_file(path, &json); read != kOk) return read;
  const auto expected = parse_golden(json);
  if (!expected.ok()) {
    return report_usage(path + ": " + std::string(expected.status().message()),
                        "the layout of golden files is in docs/cli.md");
  }
  for (const v1::ExpectedOutput& output : *expected) *header->add_expected_outputs() = output;
  return kOk;
}

// One try. UNAVAILABLE and ABORTED are worth another.
grpc::Status send(v1::ModelService::Stub& stub, grpc::ClientContext& context, v1::UploadModelRequest::Header header,
                  const std::string& bytes, v1::UploadModelResponse* response) {
  const auto writer = stub.UploadModel(&context, response);
  std::size_t at = header.offset();
  v1::UploadModelRequest message;
  *message.mutable_header() = std::move(header);
  bool open = writer->Write(message);
  while (open && at < bytes.size()) {
    message.set_chunk(bytes.substr(at, kChunkBytes));
    open = writer->Write(message);
    at += kChunkBytes;
  }
  if (open) writer->WritesDone();
  return writer->Finish();  // a stream that the server closed early has the reason here
}

}  // namespace

ExitCode read_file(const std::string& path, std::string* bytes) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return report_usage(path + " is a folder, not a file");
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return report_usage("cannot read " + path + ": " + error.message(), "check the path");
  if (size > kMaxFileBytes) {
    return report_usage(path + " has " + std::to_string(size) + " bytes, at most " + std::to_string(kMaxFileBytes) +
                        " are taken");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return report_usage("cannot read " + path + ": " + std::strerror(errno), "check the file's rights");
  bytes->assign(std::istreambuf_iterator<char>(file), {});
  return kOk;
}

bool is_model_file(const std::string& model) {
  return model.find('/') != std::string::npos || std::filesystem::path(model).extension() == ".tflite";
}

std::string model_name_of(const std::string& path) {
  std::string name = std::filesystem::path(path).stem().string();
  for (char& c : name) {
    const bool allowed =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
    if (!allowed) c = '-';
  }
  return name.substr(0, 64);
}

ExitCode upload_model(const Connection& connection, const ModelFile& file, v1::UploadModelResponse* response) {
  std::string bytes;
  if (const ExitCode read = read_file(file.path, &bytes); read != kOk) return read;
  v1::UploadModelRequest::Header header;
  header.set_name(file.name.empty() ? model_name_of(file.path) : file.name);
  header.set_sha256(sha256_hex(bytes));
  header.set_size_bytes(bytes.size());
  if (const ExitCode read = expected_outputs(file.expected_path, &header); read != kOk) return read;

  const auto stub = connection.stub<v1::ModelService>();
  for (int attempt = 1;; ++attempt) {
    v1::GetUploadStatusRequest ask;
    ask.set_sha256(header.sha256());
    v1::GetUploadStatusResponse held;
    const ExitCode asked = connection.call(*stub, &v1::ModelService::Stub::GetUploadStatus, ask, &held);
    if (asked != kOk) return asked;
    header.set_offset(held.complete() || held.received_bytes() > bytes.size() ? 0 : held.received_bytes());

    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
    const grpc::Status status = send(*stub, context, header, bytes, response);
    if (status.ok()) return kOk;
    const bool again =
        status.error_code() == grpc::StatusCode::UNAVAILABLE || status.error_code() == grpc::StatusCode::ABORTED;
    if (!again || attempt == kTries) return report(failure_of(status, context, connection.server()));
    connection.channel()->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(2));
  }
}

}  // namespace tinyrig::client

#include "server/api/model_upload.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/access/audit.h"
#include "server/api/admission.h"
#include "server/api/model_description.h"
#include "server/api/model_request_rules.h"
#include "server/api/unary.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/store/store.h"

namespace tinyrig::api {
namespace {

// A client that says nothing for so long does not keep others from uploading the same bytes.
constexpr auto kSilenceLimit = std::chrono::seconds(60);

// gRPC's reactions only post to the strand; one read is outstanding at a time, so that a client is no faster
// than the disk.
class ModelUpload final : public grpc::ServerReadReactor<v1::UploadModelRequest> {
 public:
  ModelUpload(grpc::CallbackServerContext* call, ServiceContext& context, v1::UploadModelResponse* response)
      : call_(call),
        context_(context),
        response_(response),
        strand_(boost::asio::make_strand(context.executor)),
        silence_(strand_) {
    boost::asio::post(strand_, [this] { begin(); });
  }

 private:
  void OnReadDone(bool ok) override {
    boost::asio::post(strand_, [this, ok] { on_read(ok); });
  }
  void OnDone() override {
    // Behind everything that is posted already, the timer's handler included.
    boost::asio::post(strand_, [this] { delete this; });
  }

  void begin() {
    absl::StatusOr<access::Caller> caller = admit<v1::UploadModelRequest>(*call_, context_);
    if (!caller.ok()) return end(caller.status());
    caller_ = std::move(*caller);
    read_next();
  }

  void read_next() {
    silence_.expires_after(kSilenceLimit);
    silence_.async_wait([call = call_, over = over_](boost::system::error_code cancelled) {
      if (!cancelled && !*over) call->TryCancel();
    });
    StartRead(&request_);
  }

  void on_read(bool ok) {
    silence_.cancel();
    if (!ok) {
      if (call_->IsCancelled()) return end(absl::CancelledError("the client has gone; what came is kept"));
      return complete();
    }
    const absl::Status taken = take();
    if (!taken.ok()) return end(taken);
    if (known_bytes_.has_value()) return complete();
    read_next();
  }

  absl::Status take() {
    switch (request_.part_case()) {
      case v1::UploadModelRequest::kHeader:
        return take_header();
      case v1::UploadModelRequest::kChunk:
        return take_chunk();
      default:
        return make_error(absl::StatusCode::kInvalidArgument, "UPLOAD_MALFORMED", "a message without header or chunk",
                          "send the header first, then chunks");
    }
  }

  absl::Status take_header() {
    if (!header_.sha256().empty()) {
      return make_error(absl::StatusCode::kInvalidArgument, "UPLOAD_MALFORMED", "a second header came",
                        "send one header, then chunks");
    }
    TINYRIG_RETURN_IF_ERROR(check_upload_header(request_.header()));
    header_ = std::move(*request_.mutable_header());
    const auto known = context_.store.find_model(header_.sha256());
    if (known.ok()) {
      TINYRIG_ASSIGN_OR_RETURN(known_bytes_, context_.store.model_bytes(header_.sha256()));
      return absl::OkStatus();
    }
    if (!absl::IsNotFound(known.status())) return known.status();
    TINYRIG_RETURN_IF_ERROR(context_.store.intake());
    // What lies here from before was counted when it came.
    const std::uint64_t to_come = header_.size_bytes() - std::min(header_.offset(), header_.size_bytes());
    TINYRIG_RETURN_IF_ERROR(context_.access.quotas().take_upload(caller_, to_come));
    TINYRIG_ASSIGN_OR_RETURN(upload_, context_.uploads.begin(header_.sha256(), header_.size_bytes(), header_.offset()));
    return absl::OkStatus();
  }

  absl::Status take_chunk() {
    if (upload_ == nullptr) {
      return make_error(absl::StatusCode::kInvalidArgument, "UPLOAD_MALFORMED", "a chunk came before the header",
                        "send the header first, then chunks");
    }
    if (request_.chunk().size() > kMaxChunkBytes) {
      return make_error(absl::StatusCode::kInvalidArgument, "UPLOAD_CHUNK_TOO_LARGE",
                        "a chunk of " + std::to_string(request_.chunk().size()) + " bytes came",
                        "send chunks of at most 65536 bytes");
    }
    return upload_->append(request_.chunk());
  }

  // Everything has come: parse (off gRPC's threads: this is the executor) and register.
  void complete() {
    absl::StatusOr<std::string> bytes = make_error(absl::StatusCode::kInvalidArgument, "UPLOAD_MALFORMED",
                                                   "the upload had no header", "send the header first, then chunks");
    if (known_bytes_.has_value()) {
      bytes = std::move(*known_bytes_);
    } else if (upload_ != nullptr) {
      bytes = upload_->take();
    }
    if (!bytes.ok()) return end(bytes.status());

    absl::StatusOr<v1::Model> model = describe_model(*bytes);
    if (!model.ok()) return end(model.status());
    const absl::Status expectations = check_expected_outputs(header_, model->operators_size());
    if (!expectations.ok()) return end(expectations);
    model->set_name(header_.name());
    model->set_owner(caller_.user);
    *model->mutable_expected_outputs() = header_.expected_outputs();
    model->mutable_create_time()->set_seconds(absl::ToUnixSeconds(absl::Now()));
    context_.store.put_model(std::move(*model), std::move(*bytes), [this](absl::StatusOr<store::PutModelResult> put) {
      // On the store's writer: onward.
      boost::asio::post(strand_, [this, put = std::move(put)]() mutable { registered(std::move(put)); });
    });
  }

  void registered(absl::StatusOr<store::PutModelResult> put) {
    if (put.ok()) {
      *response_->mutable_model() = std::move(put->model);
      response_->set_already_present(put->already_present);
    }
    end(put.status());
  }

  void end(const absl::Status& status) {
    upload_.reset();  // before the client hears of it: it may try again at once
    if (!header_.sha256().empty()) {
      context_.access.record(caller_, method_of<v1::UploadModelRequest>(), header_.sha256(), status);
    }
    *over_ = true;
    Finish(conclude(call_, status));
  }

  grpc::CallbackServerContext* const call_;
  ServiceContext& context_;
  v1::UploadModelResponse* const response_;
  const boost::asio::any_io_executor strand_;
  boost::asio::steady_timer silence_;
  // The timer's handler may still be on its way when the call is gone.
  const std::shared_ptr<bool> over_ = std::make_shared<bool>(false);
  access::Caller caller_;
  v1::UploadModelRequest request_;
  v1::UploadModelRequest::Header header_;
  std::unique_ptr<Upload> upload_;
  std::optional<std::string> known_bytes_;  // the store has these bytes already: nothing needs to come
};

}  // namespace

grpc::ServerReadReactor<v1::UploadModelRequest>* start_model_upload(grpc::CallbackServerContext* call,
                                                                    ServiceContext& context,
                                                                    v1::UploadModelResponse* response) {
  return new ModelUpload(call, context, response);  // deletes itself in OnDone
}

}  // namespace tinyrig::api

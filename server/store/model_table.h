// Tables models, model_bytes and expected_outputs. Each function runs inside its caller's transaction.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::store {

absl::StatusOr<PutModelResult> put_model(Connection& database, const v1::Model& model, const std::string& bytes);
absl::StatusOr<v1::Model> find_model(Connection& database, const std::string& name_or_digest);
absl::StatusOr<std::vector<v1::Model>> list_models(Connection& database);
absl::StatusOr<std::string> model_bytes(Connection& database, const std::string& sha256);

}  // namespace tinyrig::store

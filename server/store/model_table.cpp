#include "server/store/model_table.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/store/columns.h"
#include "server/store/retention_steps.h"

namespace tinyrig::store {
namespace {

constexpr std::size_t kMinDigestDigits = 8;
constexpr std::size_t kDigestDigits = 64;
constexpr int kMaxNamesInError = 20;

bool is_digest_prefix(const std::string& text) {
  return text.size() >= kMinDigestDigits && text.size() <= kDigestDigits &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isxdigit(c); });
}

absl::Status add_expected_outputs(Connection& database, const v1::Model& model) {
  for (const v1::ExpectedOutput& expected : model.expected_outputs()) {
    Statement known = database.query("SELECT expected FROM expected_outputs WHERE sha256 = ?1 AND seed = ?2",
                                     model.sha256(), expected.seed());
    if (known.next()) {
      v1::ExpectedOutput before;
      TINYRIG_RETURN_IF_ERROR(parse_column(known.bytes(0), &before));
      if (before.output_fnv1a32() == expected.output_fnv1a32()) continue;
      return make_error(absl::StatusCode::kAlreadyExists, "EXPECTED_OUTPUT_CONFLICT",
                        "model " + model.sha256().substr(0, 12) + " is known with another expected output for seed " +
                            std::to_string(expected.seed()),
                        "Results were verified against the known one; leave the expected output out.");
    }
    TINYRIG_RETURN_IF_ERROR(known.status());
    const std::string serialized = expected.SerializeAsString();
    TINYRIG_RETURN_IF_ERROR(
        database.execute("INSERT INTO expected_outputs (sha256, seed, expected) VALUES (?1, ?2, ?3)", model.sha256(),
                         expected.seed(), Blob{serialized}));
  }
  return absl::OkStatus();
}

absl::Status insert_model(Connection& database, const v1::Model& model, const std::string& bytes) {
  v1::Model description = model;
  description.clear_expected_outputs();
  const std::string serialized = description.SerializeAsString();
  TINYRIG_RETURN_IF_ERROR(
      database.execute("INSERT INTO models (sha256, name, size_bytes, create_time_us, description, upload_time_us) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?4)",
                       model.sha256(), model.name(), bytes.size(), micros_of(model.create_time()), Blob{serialized}));
  return database.execute("INSERT INTO model_bytes (sha256, tflite) VALUES (?1, ?2)", model.sha256(), Blob{bytes});
}

absl::StatusOr<v1::Model> read_model(Connection& database, const std::string& description) {
  v1::Model model;
  TINYRIG_RETURN_IF_ERROR(parse_column(description, &model));
  Statement outputs =
      database.query("SELECT expected FROM expected_outputs WHERE sha256 = ?1 ORDER BY seed", model.sha256());
  while (outputs.next()) TINYRIG_RETURN_IF_ERROR(parse_column(outputs.bytes(0), model.add_expected_outputs()));
  TINYRIG_RETURN_IF_ERROR(outputs.status());
  return model;
}

absl::Status model_unknown(Connection& database, const std::string& wanted) {
  TINYRIG_ASSIGN_OR_RETURN(const std::optional<absl::Time> removed, removal_time(database, kUnusedModels, wanted));
  if (removed.has_value()) {
    return make_error(absl::StatusCode::kNotFound, "MODEL_REMOVED",
                      "model \"" + wanted.substr(0, 100) + "\" was removed by retention on " + date_text(*removed) +
                          "; no run had used it",
                      "Register it again with `tinyrig models add FILE`.");
  }
  std::string names;
  Statement statement = database.query("SELECT name FROM models ORDER BY name LIMIT ?1", kMaxNamesInError);
  while (statement.next()) names += (names.empty() ? "" : ", ") + statement.bytes(0);
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return make_error(absl::StatusCode::kNotFound, "MODEL_UNKNOWN",
                    "no model \"" + wanted.substr(0, 100) + "\"; registered: " + (names.empty() ? "none" : names),
                    "Register it with `tinyrig models add FILE`.");
}

}  // namespace

absl::StatusOr<PutModelResult> put_model(Connection& database, const v1::Model& model, const std::string& bytes) {
  PutModelResult result;
  Statement known = database.query("SELECT description FROM models WHERE sha256 = ?1", model.sha256());
  result.already_present = known.next();
  TINYRIG_RETURN_IF_ERROR(known.status());
  Statement taken =
      database.query("SELECT sha256 FROM models WHERE name = ?1 AND sha256 != ?2", model.name(), model.sha256());
  if (taken.next()) {
    return make_error(absl::StatusCode::kAlreadyExists, "MODEL_NAME_TAKEN",
                      "the name \"" + model.name() + "\" belongs to model " + taken.bytes(0).substr(0, 12),
                      "Choose another name; a name never changes its model.");
  }
  TINYRIG_RETURN_IF_ERROR(taken.status());
  if (result.already_present) {
    TINYRIG_RETURN_IF_ERROR(
        database.execute("UPDATE models SET upload_time_us = max(upload_time_us, ?2) WHERE sha256 = ?1", model.sha256(),
                         micros_of(model.create_time())));
  } else {
    TINYRIG_RETURN_IF_ERROR(insert_model(database, model, bytes));
    TINYRIG_RETURN_IF_ERROR(forget_removal(database, kUnusedModels, model.name()));
  }
  TINYRIG_RETURN_IF_ERROR(add_expected_outputs(database, model));
  TINYRIG_ASSIGN_OR_RETURN(result.model, find_model(database, model.sha256()));
  return result;
}

absl::StatusOr<v1::Model> find_model(Connection& database, const std::string& name_or_digest) {
  {
    Statement by_name = database.query("SELECT description FROM models WHERE name = ?1", name_or_digest);
    if (by_name.next()) return read_model(database, by_name.bytes(0));
    TINYRIG_RETURN_IF_ERROR(by_name.status());
  }
  if (is_digest_prefix(name_or_digest)) {
    const std::string prefix = absl::AsciiStrToLower(name_or_digest);
    Statement by_digest =
        database.query("SELECT description FROM models WHERE sha256 >= ?1 AND sha256 < ?2 ORDER BY sha256 LIMIT 2",
                       prefix, prefix + "g");
    if (by_digest.next()) {
      const std::string description = by_digest.bytes(0);
      if (by_digest.next()) {
        return make_error(absl::StatusCode::kInvalidArgument, "MODEL_AMBIGUOUS",
                          "several models' digests start with " + prefix, "Give more digits of the digest.");
      }
      return read_model(database, description);
    }
    TINYRIG_RETURN_IF_ERROR(by_digest.status());
  }
  return model_unknown(database, name_or_digest);
}

absl::StatusOr<std::vector<v1::Model>> list_models(Connection& database) {
  std::vector<v1::Model> models;
  Statement statement = database.query("SELECT description FROM models ORDER BY name");
  while (statement.next()) {
    TINYRIG_ASSIGN_OR_RETURN(v1::Model model, read_model(database, statement.bytes(0)));
    model.clear_operators();
    models.push_back(std::move(model));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return models;
}

absl::StatusOr<std::string> model_bytes(Connection& database, const std::string& sha256) {
  Statement statement = database.query("SELECT tflite FROM model_bytes WHERE sha256 = ?1", sha256);
  if (statement.next()) return statement.bytes(0);
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return model_unknown(database, sha256);
}

}  // namespace tinyrig::store

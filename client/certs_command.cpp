// tinyrig admin certs: a CA for a lab, and what it issues. Needs no server.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/time/clock.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/partial_file.h"
#include "client/table.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/lab_ca.h"
#include "server/tls/pem_files.h"
#include "tinyrig/v1/admin.pb.h"

namespace tinyrig::client {
namespace {

constexpr char kCaName[] = "ca";

ExitCode report_failed(const absl::Status& status) {
  return report({kUsage, reason_of(status), std::string(status.message()), hint_of(status)});
}

absl::Status unwritten(const std::string& problem) {
  return make_error(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN", problem, "check folder and room");
}

google::protobuf::Timestamp stamp(absl::Time time) {
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(absl::ToUnixSeconds(time));
  return stamp;
}

v1::Certificate message_of(const tls::CertificateFacts& facts) {
  v1::Certificate certificate;
  certificate.set_subject(facts.subject);
  certificate.set_issuer(facts.issuer);
  for (const std::string& name : facts.names) certificate.add_names(name);
  *certificate.mutable_not_before_time() = stamp(facts.not_before);
  *certificate.mutable_not_after_time() = stamp(facts.not_after);
  certificate.set_is_ca(facts.is_ca);
  certificate.set_for_servers(facts.for_servers);
  certificate.set_for_clients(facts.for_clients);
  certificate.set_sha256(facts.sha256);
  return certificate;
}

// For a shell, as one word.
std::string word(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("/._-@:+,").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain && !text.empty()) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

absl::Status write_file(const std::filesystem::path& path, const std::string& text, PartialFile::Readers readers) {
  PartialFile file(path.string(), readers);
  std::string problem = file.open();
  if (problem.empty()) problem = file.write(text);
  if (problem.empty()) problem = file.close();
  if (problem.empty()) problem = file.keep();
  return problem.empty() ? absl::OkStatus() : unwritten(problem);
}

struct WrittenPair {
  std::string certificate_file;
  std::string key_file;
  tls::CertificateFacts facts;
};

// NAME.crt and NAME.key. ALREADY_EXISTS (FILE_EXISTS) unless `replace`.
absl::StatusOr<WrittenPair> write_pair(const std::filesystem::path& folder, const std::string& name, bool replace,
                                       const tls::CertificateAndKey& pair) {
  WrittenPair written;
  written.certificate_file = (folder / (name + ".crt")).string();
  written.key_file = (folder / (name + ".key")).string();
  for (const std::string& file : {written.certificate_file, written.key_file}) {
    std::error_code error;
    if (replace || !std::filesystem::exists(file, error)) continue;
    return make_error(absl::StatusCode::kAlreadyExists, "FILE_EXISTS", file + " is there already",
                      "--force replaces it; nothing brings the old key back");
  }
  TINYRIG_ASSIGN_OR_RETURN(written.facts, tls::facts_of_pem(pair.certificate_pem, written.certificate_file));
  TINYRIG_RETURN_IF_ERROR(write_file(written.key_file, pair.key_pem, PartialFile::Readers::kOwner));
  TINYRIG_RETURN_IF_ERROR(write_file(written.certificate_file, pair.certificate_pem, PartialFile::Readers::kEverybody));
  return written;
}

absl::StatusOr<tls::CertificateAndKey> read_ca(const std::filesystem::path& folder) {
  tls::CertificateAndKey ca;
  TINYRIG_ASSIGN_OR_RETURN(ca.certificate_pem, tls::read_pem_file(folder / (std::string(kCaName) + ".crt")));
  TINYRIG_ASSIGN_OR_RETURN(ca.key_pem, tls::read_pem_file(folder / (std::string(kCaName) + ".key")));
  return ca;
}

// `next`: what to do with it, a line each.
ExitCode tell(const GlobalOptions& global, const WrittenPair& pair, const std::string& next) {
  v1::IssuedCertificate issued;
  issued.set_certificate_file(pair.certificate_file);
  issued.set_key_file(pair.key_file);
  *issued.mutable_certificate() = message_of(pair.facts);
  if (global.json) return print(to_json(issued)) ? kOk : kUnavailable;
  const std::string text = "made " + printable(pair.certificate_file) + " and " + printable(pair.key_file) +
                           ", valid until " + time(issued.certificate().not_after_time()) + "\n" + next;
  return print(text) ? kOk : kUnavailable;
}

std::string ca_file(const CertsOptions& options) {
  return word((std::filesystem::path(options.folder) / (std::string(kCaName) + ".crt")).string());
}

std::string url_of(const std::string& host) {
  return "https://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":50051";
}

absl::Duration lifetime_of(const CertsOptions& options) { return absl::Hours(24 * std::int64_t{options.days}); }

}  // namespace

ExitCode certs_init(const GlobalOptions& global, const CertsOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) return report_failed(unwritten("cannot make " + options.folder + ": " + error.message()));
  const auto ca = tls::make_ca(options.name, absl::Now());
  if (!ca.ok()) return report_failed(ca.status());
  const auto written = write_pair(options.folder, kCaName, options.force, *ca);
  if (!written.ok()) return report_failed(written.status());
  return tell(global, *written,
              "Keep the key: who has it can pass for the daemon. Next, with what clients call the daemon's machine:\n"
              "  tinyrig admin certs server " +
                  word(options.folder) + " HOST...\n");
}

ExitCode certs_server(const GlobalOptions& global, const CertsOptions& options) {
  const auto ca = read_ca(options.folder);
  if (!ca.ok()) return report_failed(ca.status());
  const auto pair = tls::issue_server(*ca, options.hosts, lifetime_of(options), absl::Now());
  if (!pair.ok()) return report_failed(pair.status());
  const std::string& host = options.hosts.front();
  const std::string name = host.rfind("*.", 0) == 0 ? "any" + host.substr(1) : host;
  const auto written = write_pair(options.folder, name, options.force, *pair);
  if (!written.ok()) return report_failed(written.status());
  return tell(global, *written,
              "Next, on the daemon's machine, beside its other options:\n"
              "  tinyrigd --tls-cert " +
                  word(written->certificate_file) + " --tls-key " + word(written->key_file) + "\nand where " +
                  printable(ca_file(options)) +
                  " has been copied to:\n"
                  "  tinyrig --server " +
                  word(url_of(host)) + " --tls-ca " + ca_file(options) + " boards\n");
}

ExitCode certs_client(const GlobalOptions& global, const CertsOptions& options) {
  const auto ca = read_ca(options.folder);
  if (!ca.ok()) return report_failed(ca.status());
  const auto pair = tls::issue_client(*ca, options.name, lifetime_of(options), absl::Now());
  if (!pair.ok()) return report_failed(pair.status());
  const auto written = write_pair(options.folder, "client-" + options.name, options.force, *pair);
  if (!written.ok()) return report_failed(written.status());
  return tell(global, *written,
              "Next, for a daemon that takes only clients with a certificate, beside its other options:\n"
              "  tinyrigd --tls-client-ca " +
                  ca_file(options) +
                  "\nand on the client's machine:\n"
                  "  tinyrig --server https://HOST:50051 --tls-ca " +
                  ca_file(options) + " --tls-cert " + word(written->certificate_file) + " --tls-key " +
                  word(written->key_file) + " boards\n");
}

ExitCode certs_show(const GlobalOptions& global, const std::string& file) {
  const auto pem = tls::read_pem_file(file);
  if (!pem.ok()) return report_failed(pem.status());
  const auto facts = tls::facts_of_pem(*pem, file);
  if (!facts.ok()) return report_failed(facts.status());
  const v1::Certificate certificate = message_of(*facts);
  if (global.json) return print(to_json(certificate)) ? kOk : kUnavailable;
  std::string names;
  for (const std::string& name : facts->names) names += (names.empty() ? "" : ", ") + name;
  std::string uses = facts->is_ca ? "issues certificates" : "";
  if (facts->for_servers) uses += "servers";
  if (facts->for_clients) uses += uses.empty() ? "clients" : ", clients";
  const absl::Time now = absl::Now();
  const std::string state = now > facts->not_after ? "EXPIRED"
                            : now < facts->not_before
                                ? "NOT YET VALID"
                                : std::to_string((facts->not_after - now) / absl::Hours(24)) + " days left";
  const std::string text = "subject   " + facts->subject + "\nissuer    " + facts->issuer + "\nnames     " +
                           (names.empty() ? "-" : names) + "\nfor       " + (uses.empty() ? "-" : uses) +
                           "\nvalid     " + time(certificate.not_before_time()) + " to " +
                           time(certificate.not_after_time()) + " (" + state + ")\nsha256    " + facts->sha256 + "\n";
  std::string shown;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    shown += printable(std::string(line)) + "\n";
    rest.remove_prefix(line.size() + 1);
  }
  return print(shown) ? kOk : kUnavailable;
}

}  // namespace tinyrig::client

#include "server/mlperf/audit.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/mlperf/numbers.h"
#include "server/mlperf/script_file.h"
#include "server/mlperf/text.h"

namespace tinyrig::mlperf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxTextBytes = 400;

// Folders beside results/ whose files are not runs.
constexpr std::array<std::string_view, 4> kBesideResults = {"code", "systems", "measurements", "compliance"};

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\r' && c != '\n') || byte == 0x7f;
}

// Stray bytes of a serial line are normal; files of them are not.
class TextGauge {
 public:
  void take(std::string_view chunk) {
    controls_ += static_cast<std::uint64_t>(std::ranges::count_if(chunk, is_control));
    bytes_ += chunk.size();
  }
  bool binary() const { return controls_ > 16 && controls_ * 100 > bytes_; }

 private:
  std::uint64_t controls_ = 0, bytes_ = 0;
};

class FolderReader {
 public:
  FolderReader(const fs::path& folder, const AuditLimits& limits, RunReport* report)
      : folder_(folder), limits_(limits), report_(*report) {}

  void read(RunFiles* files) {
    read_log(files);
    if (const auto text = read_text(kResultsFile); text.has_value()) {
      files->results = parse_results_file(*text);
    } else {
      add_missing(Rule::kResultsMissing, kResultsFile, "nothing is claimed");
    }
    if (const auto text = read_text(kScriptFile); text.has_value()) files->script = parse_script(*text);
    keep(&files->trace, kTraceFile, parse_energy_trace);
    keep(&files->edges, kEdgesFile, parse_edges);
    keep(&files->trials, kResultsJsonFile, parse_results_json);
  }

 private:
  void add(Rule rule, std::string_view file, std::string expected, std::string seen) {
    add_finding(&report_, {rule, std::string(file), 0, std::move(expected), std::move(seen)});
  }

  void add_missing(Rule rule, std::string_view file, std::string seen) {
    std::error_code error;
    if (fs::symlink_status(folder_ / file, error).type() == fs::file_type::not_found) {
      add(rule, file, "the file", concat("none: ", seen));
    }
  }

  // Hands out the file in pieces; false when there is none, or it cannot be read (which is a finding).
  bool read_chunks(std::string_view name, std::uintmax_t most, const std::function<void(std::string_view)>& take) {
    const fs::path path = folder_ / name;
    std::error_code error;
    const fs::file_status status = fs::symlink_status(path, error);
    if (status.type() == fs::file_type::not_found) return false;
    if (status.type() == fs::file_type::symlink) {
      add(Rule::kSymbolicLink, name, "a file", "a symbolic link, which is not followed");
      return false;
    }
    if (status.type() != fs::file_type::regular) {
      add(Rule::kFileUnreadable, name, "a regular file", error ? error.message() : "something else");
      return false;
    }
    std::ifstream file(path, std::ios::binary);
    if (!file.good()) {
      add(Rule::kFileUnreadable, name, "a file that can be read", "it cannot be opened");
      return false;
    }
    if (fs::file_size(path, error) > most && !error) return too_large(name, most);
    std::string chunk(kChunkBytes, '\0');
    std::uintmax_t total = 0;
    while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0) {
      total += static_cast<std::uintmax_t>(file.gcount());
      if (total > most) return too_large(name, most);
      take(std::string_view(chunk).substr(0, static_cast<std::size_t>(file.gcount())));
    }
    if (!file.bad()) return true;
    add(Rule::kFileUnreadable, name, "a file that can be read", "reading it failed");
    return false;
  }

  bool too_large(std::string_view name, std::uintmax_t most) {
    add(Rule::kFileTooLarge, name, concat("at most ", most, " bytes"), "more; it was not read");
    return false;
  }

  std::optional<std::string> read_whole(std::string_view name) {
    std::string bytes;
    const bool read =
        read_chunks(name, limits_.max_file_bytes, [&bytes](std::string_view part) { bytes.append(part); });
    return read ? std::optional(std::move(bytes)) : std::nullopt;
  }

  std::optional<std::string> read_text(std::string_view name) {
    std::optional<std::string> text = read_whole(name);
    if (!text.has_value()) return std::nullopt;
    TextGauge gauge;
    gauge.take(*text);
    if (!gauge.binary()) return text;
    add(Rule::kFileBinary, name, "text", "control bytes");
    return std::nullopt;
  }

  void read_log(RunFiles* files) {
    DutLogParser parser;
    TextGauge gauge;
    const bool read = read_chunks(kLogFile, limits_.max_log_bytes, [&](std::string_view chunk) {
      gauge.take(chunk);
      parser.feed(chunk);
    });
    if (!read) {
      add_missing(Rule::kLogMissing, kLogFile, "nothing can be recomputed from it");
      return;
    }
    if (gauge.binary()) {
      add(Rule::kFileBinary, kLogFile, "text", "control bytes");
      return;
    }
    files->log = parser.finish();
  }

  template <class T, class Parse>
  void keep(std::optional<T>* kept, std::string_view name, Parse parse) {
    const std::optional<std::string> bytes = read_whole(name);
    if (!bytes.has_value()) return;
    absl::StatusOr<T> parsed = parse(*bytes);
    if (parsed.ok()) {
      *kept = *std::move(parsed);
    } else {
      add(Rule::kFileBroken, name, "the format of such files", std::string(parsed.status().message()));
    }
  }

  const fs::path& folder_;
  const AuditLimits& limits_;
  RunReport& report_;
};

class Walker {
 public:
  Walker(fs::path root, const AuditLimits& limits) : root_(std::move(root)), limits_(limits) {}

  AuditReport audit() {
    visit(root_, 0);
    companions();
    clean();
    return std::move(report_);
  }

 private:
  struct Sibling {
    std::string mode;
    RunFiles files;
  };

  void add(Rule rule, const fs::path& path, std::string expected, std::string seen) {
    const auto known = std::ranges::count(report_.findings, rule, &Finding::rule);
    if (known >= static_cast<std::ptrdiff_t>(limits::kFindingsPerRule)) return;
    report_.findings.push_back({rule, name_in_tree(path), 0, std::move(expected), std::move(seen)});
  }

  std::string name_in_tree(const fs::path& path) const {
    const std::string name = path.lexically_relative(root_).generic_string();
    return name.empty() ? "." : name;
  }

  // By name, so that reports come out the same each time.
  std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
    std::vector<fs::directory_entry> entries;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (++entries_ > limits_.max_entries) {
        add(Rule::kTreeTooLarge, folder, concat("at most ", limits_.max_entries, " entries"), "more");
        break;
      }
      entries.push_back(*it);
    }
    if (error) add(Rule::kFileUnreadable, folder, "a folder that can be read", error.message());
    std::ranges::sort(entries, {}, [](const fs::directory_entry& entry) { return entry.path().filename(); });
    return entries;
  }

  void visit(const fs::path& folder, int depth) {
    if (depth > limits_.max_depth || entries_ > limits_.max_entries) {
      if (depth > limits_.max_depth) {
        add(Rule::kTreeTooLarge, folder, concat("at most ", limits_.max_depth, " folders deep"), "deeper");
      }
      return;
    }
    const std::vector<fs::directory_entry> entries = entries_of(folder);
    std::set<std::string> names;
    for (const fs::directory_entry& entry : entries) names.insert(entry.path().filename().string());
    if (names.contains(std::string(kLogFile)) || names.contains(std::string(kResultsFile))) run(folder);
    for (const fs::directory_entry& entry : entries) {
      const std::string name = entry.path().filename().string();
      std::error_code error;
      const fs::file_type type = entry.symlink_status(error).type();
      const bool beside = std::ranges::find(kBesideResults, name) != kBesideResults.end() && names.contains("results");
      if (beside || name.starts_with('.')) continue;
      if (type == fs::file_type::symlink && !is_run_file(name)) {
        add(Rule::kSymbolicLink, entry.path(), "no symbolic link", "one, which is not followed");
      }
      if (type == fs::file_type::directory) visit(entry.path(), depth + 1);
    }
  }

  // Those of a run are told about in its own report.
  static bool is_run_file(std::string_view name) {
    constexpr std::array kFiles = {kLogFile, kResultsFile, kScriptFile, kTraceFile, kEdgesFile, kResultsJsonFile};
    return std::ranges::find(kFiles, name) != kFiles.end();
  }

  void run(const fs::path& folder) {
    if (report_.runs.size() >= limits_.max_runs) {
      add(Rule::kTreeTooLarge, folder, concat("at most ", limits_.max_runs, " runs"), "more");
      return;
    }
    RunReport report;
    report.folder = name_in_tree(folder);
    RunFiles files;
    place(folder, &files);
    FolderReader(folder, limits_, &report).read(&files);
    check_run(files, &report);
    const fs::path parent = folder.parent_path();
    const Benchmark benchmark = benchmark_of_folder(parent.filename().string());
    if (benchmark != Benchmark::kUnknown && folder != root_) {
      if (parent != siblings_of_) siblings_.clear();
      siblings_of_ = parent;
      for (const Sibling& sibling : siblings_) check_outputs(sibling.files, sibling.mode, files, &report);
      modes_[parent].insert(report.mode);
      files.trace.reset();
      siblings_.push_back({folder.filename().string(), std::move(files)});
    }
    report_.runs.push_back(std::move(report));
  }

  // <division>/<submitter>/results/<system>/<benchmark>/<mode>, as far as the path has it.
  static void place(const fs::path& folder, RunFiles* files) {
    std::vector<std::string> names;
    for (const fs::path& part : folder) names.push_back(part.string());
    std::ranges::reverse(names);
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 3); ++i) {
      if (files->folder_mode == Mode::kUnknown) files->folder_mode = mode_of_folder(names[i]);
      if (files->folder_benchmark == Benchmark::kUnknown) files->folder_benchmark = benchmark_of_folder(names[i]);
    }
    for (const std::string& name : names) {
      if (files->division != Division::kUnknown) break;
      if (name == "closed") files->division = Division::kClosed;
      if (name == "open") files->division = Division::kOpen;
    }
  }

  void companions() {
    for (const auto& [parent, modes] : modes_) {
      if (benchmark_of_folder(parent.filename().string()) == Benchmark::kSww) continue;
      for (const Mode mode : {Mode::kAccuracy, Mode::kPerformance}) {
        if (modes.contains(mode)) continue;
        add(Rule::kCompanionMissing, parent, concat("a run of ", name_of(mode)), "none");
      }
    }
  }

  // Names and texts of files are anyone's bytes.
  void clean() {
    for (Finding& finding : report_.findings) clean(&finding);
    for (RunReport& run : report_.runs) {
      run.folder = clean_text(run.folder, kMaxTextBytes);
      for (Finding& finding : run.findings) clean(&finding);
    }
  }
  static void clean(Finding* finding) {
    for (std::string* text : {&finding->file, &finding->expected, &finding->seen}) {
      *text = clean_text(*text, kMaxTextBytes);
    }
  }

  const fs::path root_;
  const AuditLimits& limits_;
  AuditReport report_;
  std::size_t entries_ = 0;
  fs::path siblings_of_;
  std::vector<Sibling> siblings_;
  std::map<fs::path, std::set<Mode>> modes_;
};

}  // namespace

std::size_t AuditReport::count(Severity severity) const {
  std::size_t total = static_cast<std::size_t>(std::ranges::count_if(
      findings, [severity](const Finding& finding) { return text_of(finding.rule).severity == severity; }));
  for (const RunReport& run : runs) total += run.count(severity);
  return total;
}

std::size_t AuditReport::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(runs, [verdict](const RunReport& run) { return run.verdict() == verdict; }));
}

absl::StatusOr<AuditReport> audit(const fs::path& folder, const AuditLimits& limits) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  if (error || !fs::is_directory(root, error)) {
    return make_error(
        absl::StatusCode::kInvalidArgument, "FOLDER_UNREADABLE",
        concat(folder.string(), " is no folder that can be read", error ? concat(": ", error.message()) : ""));
  }
  AuditReport report = Walker(root, limits).audit();
  if (report.runs.empty()) {
    return make_error(absl::StatusCode::kNotFound, "NO_RUNS",
                      concat("no run of MLPerf Tiny below ", folder.string(), ": no folder there has a ", kLogFile,
                             " or ", kResultsFile),
                      "A submission has them in DIVISION/SUBMITTER/results/SYSTEM/BENCHMARK/MODE/.");
  }
  return report;
}

}  // namespace tinyrig::mlperf

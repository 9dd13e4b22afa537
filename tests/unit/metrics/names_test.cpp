// Names and conventions, and that documentation, dashboard and alerts speak of metrics that there are.
#include "server/metrics/names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace tinyrig::metrics {
namespace {

std::string source(const std::string& path) {
  std::ifstream file(std::string(TINYRIG_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

const char* kind_name(Kind kind) {
  return kind == Kind::kCounter ? "counter" : kind == Kind::kGauge ? "gauge" : "histogram";
}

std::vector<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    found.push_back(match->str());
  }
  return found;
}

// Those that queries may name: of a histogram its parts.
std::set<std::string> series_names() {
  std::set<std::string> names;
  for (const Metric& metric : all_metrics()) {
    const std::string name = metric.name;
    if (metric.kind != Kind::kHistogram) {
      names.insert(name);
    } else {
      names.insert({name + "_bucket", name + "_count", name + "_sum"});
    }
  }
  return names;
}

void expect_only_known(const std::string& path, std::size_t at_least) {
  const std::set<std::string> known = series_names();
  std::set<std::string> used;
  for (const std::string& name : all_matches(source(path), std::regex("\\btinyrig_[a-z0-9_]+\\b"))) {
    if (name == "tinyrig_alerts") continue;  // a file
    used.insert(name);
    EXPECT_TRUE(known.contains(name)) << path << " speaks of " << name << ", which there is not";
  }
  EXPECT_GE(used.size(), at_least) << path;
}

TEST(MetricNames, FollowTheConventions) {
  std::set<std::string> names;
  for (const Metric& metric : all_metrics()) {
    const std::string name = metric.name;
    EXPECT_TRUE(names.insert(name).second) << name << " twice";
    EXPECT_TRUE(std::regex_match(name, std::regex("tinyrig_[a-z]+(_[a-z]+)*"))) << name;
    EXPECT_EQ(name.ends_with("_total"), metric.kind == Kind::kCounter) << name;
    EXPECT_EQ(metric.kind == Kind::kHistogram, name.ends_with("_seconds") && metric.kind != Kind::kGauge) << name;
    EXPECT_GT(std::string(metric.help).size(), 10U) << name;
    EXPECT_TRUE(std::regex_match(metric.labels, std::regex("([a-z_]+( [a-z_]+)*)?"))) << name;
  }
  EXPECT_EQ(names.size(), 32U);
}

// Who adds a metric documents it: the table has each, in this order, and nothing else.
TEST(MetricNames, AreThoseOfTheDocumentation) {
  std::vector<std::string> expected;
  for (const Metric& metric : all_metrics()) {
    const std::string labels =
        std::regex_replace(std::regex_replace(metric.labels, std::regex("[a-z_]+"), "`$&`"), std::regex(" "), ", ");
    expected.push_back(std::string("| `") + metric.name + "` | " + kind_name(metric.kind) + " | " + labels + " | " +
                       metric.help + " |");
  }
  EXPECT_EQ(all_matches(source("docs/metrics.md"), std::regex("\\| `tinyrig_[^\n]*")), expected);
}

TEST(MetricNames, OfTheDashboardExist) { expect_only_known("deploy/grafana/tinyrig.json", 25); }

TEST(MetricNames, OfTheAlertsExist) { expect_only_known("deploy/prometheus/tinyrig_alerts.yml", 7); }

TEST(EnumLabel, IsTheValueWithoutItsPrefix) {
  EXPECT_EQ(enum_label("ACTIVITY_IDLE", "ACTIVITY_"), "idle");
  EXPECT_EQ(enum_label("STORAGE_KIND_JOB_LOGS", "STORAGE_KIND_"), "job_logs");
}

}  // namespace
}  // namespace tinyrig::metrics

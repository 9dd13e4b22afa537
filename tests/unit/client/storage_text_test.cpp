#include "client/storage_text.h"

#include <gtest/gtest.h>

namespace tinyrig::client {
namespace {

v1::StoredKind recordings() {
  v1::StoredKind kind;
  kind.set_kind(v1::STORAGE_KIND_RECORDINGS);
  kind.set_count(1'234);
  kind.set_size_bytes(3 << 20);
  kind.set_quota_bytes(4 << 20);
  kind.set_keep_s(90 * 24 * 3600);
  kind.mutable_oldest_time()->set_seconds(1'700'000'000);
  kind.mutable_next()->set_subject("r-1");
  kind.mutable_next()->set_size_bytes(2'048);
  return kind;
}

TEST(StorageText, LimitsInWords) {
  v1::StoredKind kind = recordings();
  EXPECT_EQ(storage_limit(kind), "quota 4 MiB, 90 days");
  kind.set_quota_bytes(0);
  kind.set_keep_s(3600);
  EXPECT_EQ(storage_limit(kind), "1 hour");
  kind.set_keep_s(0);
  EXPECT_EQ(storage_limit(kind), "none");
  kind.set_kind(v1::STORAGE_KIND_RESULTS);
  EXPECT_EQ(storage_limit(kind), "kept for ever");
}

TEST(StorageText, WhatGoesNextByAgeAndByQuota) {
  v1::StoredKind kind = recordings();
  kind.mutable_next()->mutable_age_time()->set_seconds(1'700'003'600);
  EXPECT_EQ(next_removal(kind), "r-1 (2 KiB) at 2023-11-14 23:13:20Z");
  kind.mutable_next()->set_quota_headroom_bytes(1 << 20);
  EXPECT_EQ(next_removal(kind), "r-1 (2 KiB) at 2023-11-14 23:13:20Z, or after 1 MiB more");
  kind.mutable_next()->clear_age_time();
  kind.mutable_next()->mutable_quota_time()->set_seconds(1'700'000'000);
  EXPECT_EQ(next_removal(kind), "r-1 (2 KiB) after 1 MiB more, about 2023-11-14 22:13:20Z");
  kind.clear_next();
  EXPECT_EQ(next_removal(kind), "-");
}

TEST(StorageText, ARowPerKindThenTheDiskAndWhatIsWrong) {
  v1::GetStorageResponse storage;
  *storage.add_kinds() = recordings();
  v1::StoredKind* samples = storage.add_kinds();
  samples->set_kind(v1::STORAGE_KIND_SAMPLES);
  samples->set_size_bytes(512);
  samples->set_size_estimated(true);
  samples->set_removed_count(7);
  samples->set_removed_bytes(1'024);
  samples->mutable_last_removal_time()->set_seconds(1'700'000'000);
  storage.set_database_bytes(5 << 20);
  storage.set_returns_space(true);
  storage.set_disk_free_bytes(1 << 30);
  std::string text = storage_text(storage);
  EXPECT_NE(text.find("recordings  1,234   3 MiB  2023-11-14 22:13:20Z  quota 4 MiB, 90 days  r-1 (2 KiB)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("~512 B"), std::string::npos) << text;
  EXPECT_NE(text.find("7 (1 KiB), last 2023-11-14"), std::string::npos) << text;
  EXPECT_NE(text.find("database  5 MiB"), std::string::npos) << text;
  EXPECT_EQ(text.find("DISK FULL"), std::string::npos) << text;
  EXPECT_EQ(text.find("STOPPED"), std::string::npos) << text;
  EXPECT_NE(text.find("\nchecked   not yet\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("older version"), std::string::npos) << text;
  storage.set_results_waiting(3);
  storage.set_returns_space(false);
  storage.set_keep_free_bytes(1 << 29);
  storage.set_intake_stopped_reason("DISK_FULL");
  storage.set_intake_stopped_message("too little");
  storage.mutable_check()->set_state(v1::CHECK_STATE_DAMAGED);
  storage.mutable_check()->mutable_time()->set_seconds(1'700'000'000);
  storage.mutable_check()->set_found("page 3");
  text = storage_text(storage);
  EXPECT_NE(text.find(", 512 MiB are kept free\n"), std::string::npos) << text;
  EXPECT_NE(text.find("STOPPED   DISK_FULL: too little. No submissions"), std::string::npos) << text;
  EXPECT_NE(text.find("checked   DAMAGED, seen at 2023-11-14 22:13:20Z: page 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("DISK FULL 3 results wait"), std::string::npos) << text;
  EXPECT_NE(text.find("older version"), std::string::npos) << text;
}

}  // namespace
}  // namespace tinyrig::client

#include "server/api/upload_area.h"

#include <gtest/gtest.h>

#include <fstream>

#include "server/base/error.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::api {
namespace {

class UploadAreaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto area = UploadArea::open(folder_.path() / "uploads");
    ASSERT_TRUE(area.ok()) << area.status();
    area_ = std::move(*area);
  }

  bool part_exists() const { return std::filesystem::exists(folder_.path() / "uploads" / (digest_ + ".part")); }

  testing_support::TemporaryFolder folder_;
  std::unique_ptr<UploadArea> area_;
  const std::string bytes_ = "twelve bytes";
  const std::string digest_ = sha256_hex(bytes_);
};

TEST_F(UploadAreaTest, WholeUploadLeavesNothing) {
  auto upload = area_->begin(digest_, 12, 0);
  ASSERT_TRUE(upload.ok());
  ASSERT_TRUE((*upload)->append("twelve").ok());
  ASSERT_TRUE((*upload)->append(" bytes").ok());
  const auto bytes = (*upload)->take();
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, bytes_);
  EXPECT_FALSE(part_exists());
}

TEST_F(UploadAreaTest, InterruptedUploadGoesOn) {
  {
    auto upload = area_->begin(digest_, 12, 0);
    ASSERT_TRUE((*upload)->append("twelve").ok());
  }
  EXPECT_EQ(area_->received_bytes(digest_), 6U);
  auto resumed = area_->begin(digest_, 12, 6);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  ASSERT_TRUE((*resumed)->append(" bytes").ok());
  EXPECT_EQ(*(*resumed)->take(), bytes_);
}

TEST_F(UploadAreaTest, ResumeSurvivesAnotherDaemon) {
  ASSERT_TRUE((*area_->begin(digest_, 12, 0))->append("twelve").ok());
  area_ = std::move(*UploadArea::open(folder_.path() / "uploads"));
  EXPECT_EQ(area_->received_bytes(digest_), 6U);
}

TEST_F(UploadAreaTest, StartingOverDropsWhatCame) {
  ASSERT_TRUE((*area_->begin(digest_, 12, 0))->append("wrong").ok());
  auto again = area_->begin(digest_, 12, 0);
  ASSERT_TRUE((*again)->append(bytes_).ok());
  EXPECT_TRUE((*again)->take().ok());
}

TEST_F(UploadAreaTest, OffsetBeyondWhatIsHere) {
  EXPECT_EQ(reason_of(area_->begin(digest_, 12, 1).status()), "UPLOAD_OFFSET_BEYOND");
  EXPECT_TRUE(area_->begin(digest_, 12, 0).ok()) << "the refusal left the digest free";
}

TEST_F(UploadAreaTest, OneAtATime) {
  auto first = area_->begin(digest_, 12, 0);
  const auto second = area_->begin(digest_, 12, 0);
  EXPECT_EQ(reason_of(second.status()), "UPLOAD_IN_PROGRESS");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAborted);
  first->reset();
  EXPECT_TRUE(area_->begin(digest_, 12, 0).ok());
}

TEST_F(UploadAreaTest, IncompleteKeepsWrongDigestDoesNot) {
  {
    auto upload = area_->begin(digest_, 12, 0);
    ASSERT_TRUE((*upload)->append("twelve").ok());
    EXPECT_EQ(reason_of((*upload)->take().status()), "UPLOAD_INCOMPLETE");
  }
  EXPECT_TRUE(part_exists());
  {
    auto upload = area_->begin(digest_, 12, 6);
    ASSERT_TRUE((*upload)->append(" BYTES").ok());
    EXPECT_EQ(reason_of((*upload)->take().status()), "UPLOAD_DIGEST_MISMATCH");
  }
  EXPECT_FALSE(part_exists());
}

TEST_F(UploadAreaTest, MoreThanAnnounced) {
  auto upload = area_->begin(digest_, 3, 0);
  EXPECT_EQ(reason_of((*upload)->append("four")), "UPLOAD_TOO_LONG");
  EXPECT_FALSE(part_exists());
}

TEST_F(UploadAreaTest, OldPartsGo) {
  const auto old_part = folder_.path() / "uploads" / (std::string(64, 'a') + ".part");
  std::ofstream(old_part) << "old";
  std::filesystem::last_write_time(old_part,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  ASSERT_TRUE((*area_->begin(digest_, 12, 0))->append("twelve").ok());
  area_ = std::move(*UploadArea::open(folder_.path() / "uploads"));
  EXPECT_FALSE(std::filesystem::exists(old_part));
  EXPECT_TRUE(part_exists());
}

TEST_F(UploadAreaTest, FolderThatCannotBe) {
  std::ofstream(folder_.path() / "file") << "x";
  const auto area = UploadArea::open(folder_.path() / "file" / "uploads");
  EXPECT_EQ(reason_of(area.status()), "DATA_DIR_UNUSABLE");
}

TEST(Sha256Hex, KnownAnswer) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(is_sha256_hex(sha256_hex("")));
  EXPECT_FALSE(is_sha256_hex(std::string(63, 'a')));
  EXPECT_FALSE(is_sha256_hex(std::string(64, 'A')));
  EXPECT_FALSE(is_sha256_hex("../" + std::string(61, 'a')));
}

}  // namespace
}  // namespace tinyrig::api

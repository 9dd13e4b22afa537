// Data sets in MLPerf Tiny's layout, and what is wrong with some.
#include "server/dut/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"
#include "tests/support/mlperf/synthetic_run.h"

namespace tinyrig::dut {
namespace {

using mlperf::Benchmark;
using mlperf::TempTree;
using testing::HasSubstr;

TEST(Dataset, LabelsAndFiles) {
  const TempTree tree;
  const auto folder =
      tree.add("kws01", {{"y_labels.csv", "tst_0_Stop_7.bin, 12, 7\r\n\n# note\ntst_1_Left_2.bin,12,2\n"},
                         {"tst_0_Stop_7.bin", std::string(490, 'a')},
                         {"tst_1_Left_2.bin", std::string(491, 'b')}});
  const auto dataset = read_dataset(folder);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  ASSERT_EQ(dataset->files.size(), 2U);
  EXPECT_EQ(dataset->files[0].name, "tst_0_Stop_7.bin");
  EXPECT_EQ(dataset->files[0].label, 7);
  EXPECT_EQ(dataset->files[1].label, 2);
  const auto payloads = read_payloads(*dataset, 0, Benchmark::kKws);
  ASSERT_TRUE(payloads.ok());
  ASSERT_EQ(payloads->size(), 1U);
  EXPECT_EQ((*payloads)[0].bytes, std::vector<std::uint8_t>(490, 'a'));
  const auto wrong = read_payloads(*dataset, 1, Benchmark::kKws);
  EXPECT_EQ(reason_of(wrong.status()), "DATASET_BROKEN");
  EXPECT_THAT(std::string(wrong.status().message()), HasSubstr("491 bytes to send, where kws takes 490"));
}

TEST(Dataset, AHeadingIsNoFile) {
  const TempTree tree;
  const auto folder = tree.add("x", {{"y_labels.csv", "file,classes,class\na.bin,2,1\n"}});
  const auto dataset = read_dataset(folder);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->files.size(), 1U);
}

// 200 slices of 128 floats: 196 windows of 5 slices.
TEST(Dataset, WindowsOfAnomalyDetection) {
  const TempTree tree;
  std::string bytes;
  for (int i = 0; i < 102'400; ++i) bytes += static_cast<char>(i / 512);
  const auto folder =
      tree.add("ad01", {{"y_labels.csv", "normal_id_01.bin,2,0,2560,512\n"}, {"normal_id_01.bin", bytes}});
  const auto dataset = read_dataset(folder);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto payloads = read_payloads(*dataset, 0, Benchmark::kAd);
  ASSERT_TRUE(payloads.ok()) << payloads.status();
  ASSERT_EQ(payloads->size(), 196U);
  EXPECT_EQ((*payloads)[3].offset, 1536U);
  EXPECT_EQ((*payloads)[3].bytes.size(), 2560U);
  EXPECT_EQ((*payloads)[3].bytes[0], 3);
  EXPECT_EQ((*payloads)[195].bytes.back(), 199);
}

TEST(Dataset, WhatIsWrong) {
  const TempTree tree;
  EXPECT_EQ(reason_of(read_dataset(tree.root() / "missing").status()), "DATASET_UNREADABLE");
  for (const auto& [labels, what] : {std::pair<std::string, std::string>{"", "names no file"},
                                     {"a.bin,2,0\nb.bin,2\n", "line 2: expected file,classes,class"},
                                     {"a.bin,2,0\n../b.bin,2,1\n", "line 2"},
                                     {"a.bin,2,0\n/etc/passwd,2,1\n", "line 2"},
                                     {"a.bin,2,0\nb.bin,2,-1\n", "line 2"},
                                     {"a.bin,2,0\nb.bin,2,0,2560,0\n", "line 2: bytes_to_send and stride"},
                                     {"a.bin,2,0\na.bin,2,1\n", "line 2: a.bin is there already"}}) {
    const auto folder = tree.add("x", {{"y_labels.csv", labels}});
    const auto dataset = read_dataset(folder);
    EXPECT_EQ(reason_of(dataset.status()), "DATASET_BROKEN") << labels;
    EXPECT_THAT(std::string(dataset.status().message()), HasSubstr(what)) << labels;
  }
  const auto folder = tree.add("y", {{"y_labels.csv", "gone.bin,2,0\nshort.bin,2,0,2560,512\n"}, {"short.bin", "abc"}});
  const auto dataset = read_dataset(folder);
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(reason_of(read_payloads(*dataset, 0, Benchmark::kAd).status()), "DATASET_UNREADABLE");
  EXPECT_EQ(reason_of(read_payloads(*dataset, 1, Benchmark::kAd).status()), "DATASET_BROKEN");
}

TEST(Dataset, MadeUpInputsDiffer) {
  const Dataset dataset = generated_dataset();
  ASSERT_EQ(dataset.files.size(), 5U);
  for (const Benchmark benchmark : {Benchmark::kKws, Benchmark::kVww, Benchmark::kIc, Benchmark::kAd}) {
    const auto first = read_payloads(dataset, 0, benchmark);
    const auto second = read_payloads(dataset, 1, benchmark);
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ((*first)[0].bytes.size(), *input_bytes(benchmark));
    EXPECT_NE((*first)[0].bytes, (*second)[0].bytes);
  }
}

}  // namespace
}  // namespace tinyrig::dut

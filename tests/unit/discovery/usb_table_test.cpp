// The table of USB identities, and the udev rules that must know the same devices.
#include "server/discovery/usb_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_split.h"
#include "server/base/error.h"
#include "server/boards/builtin_catalog.h"
#include "server/discovery/tools.h"

namespace tinyrig::discovery {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(UsbTableTest, ReadsAllOfAnEntry) {
  const auto table = parse_usb_table(R"([[usb]]
id = "2e8a:0003"
name = "RP2040"
face = "bootloader"
family = "rp2040"
board_type = "pico"
tools = ["picotool"]
serial_unique = false
[[usb]]
id = "0d28:0204"
name = "DAPLink"
face = "probe"
)",
                                     "t");
  ASSERT_TRUE(table.ok()) << table.status();
  const UsbEntry& pico = table->at("2e8a:0003");
  EXPECT_EQ(pico.name, "RP2040");
  EXPECT_EQ(pico.face, v1::USB_FACE_BOOTLOADER);
  EXPECT_EQ(pico.family, "rp2040");
  EXPECT_EQ(pico.board_type, "pico");
  EXPECT_THAT(pico.tools, ElementsAre("picotool"));
  EXPECT_FALSE(pico.serial_unique);
  EXPECT_FALSE(pico.ask);  // a bootloader never is
  EXPECT_TRUE(table->at("0d28:0204").ask);
  EXPECT_TRUE(table->at("0d28:0204").serial_unique);
}

TEST(UsbTableTest, MistakesNameTheirLine) {
  const std::string good = "[[usb]]\nid = \"0d28:0204\"\nname = \"n\"\nface = \"probe\"\n";
  for (const auto& [text, problem] : std::vector<std::pair<std::string, std::string>>{
           {good + good, "t:5: usb: id 0d28:0204 is there twice"},
           {"[[usb]]\nid = \"0D28:0204\"\nname = \"n\"\nface = \"probe\"\n", "'id' is not like"},
           {"[[usb]]\nid = \"0d28:0204\"\nname = \"n\"\nface = \"nose\"\n", "'face' is none of"},
           {good + "colour = 1\n", "t:5: usb: unknown key 'colour'"},
           {"x = 1\n", "has [[usb]] tables"},
           {"usb = [1]\n", "t:1: [[usb]] must be a table"}}) {
    const auto table = parse_usb_table(text, "t");
    EXPECT_EQ(reason_of(table.status()), "USB_TABLE_INVALID") << text;
    EXPECT_THAT(std::string(table.status().message()), HasSubstr(problem));
  }
}

TEST(UsbTableTest, TheBuiltInOneNamesToolsThatTheDoctorKnows) {
  const auto table = builtin_usb_table();
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_GE(table->size(), 80U);
  std::vector<std::string> known;
  for (const Tool& tool : known_tools()) known.push_back(tool.name);
  for (const auto& [id, entry] : *table) {
    for (const std::string& tool : entry.tools) EXPECT_THAT(known, Contains(tool)) << id;
  }
}

TEST(UsbTableTest, TheCatalogAndTheBuiltInOneKnowEachOther) {
  const auto table = builtin_usb_table();
  ASSERT_TRUE(table.ok()) << table.status();
  const auto catalog = boards::builtin_catalog();
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  for (const boards::CatalogEntry& type : *catalog) {
    for (const std::string& id : type.usb_ids) EXPECT_EQ(table->count(id), 1U) << type.type.id() << " has " << id;
  }
  int named = 0;
  for (const auto& [id, entry] : *table) {
    if (entry.board_type.empty()) continue;
    ++named;
    EXPECT_NE(boards::find_type(*catalog, entry.board_type), nullptr) << id;
  }
  EXPECT_GE(named, 8);
}

TEST(UsbTableTest, TheUdevRulesKnowEveryDeviceOfIt) {
  std::ifstream file(TINYRIG_UDEV_RULES);
  ASSERT_TRUE(file.is_open());
  const std::string vendor_key = "ATTRS{idVendor}==\"", product_key = "ATTRS{idProduct}==\"";
  std::vector<std::string> in_rules;
  for (std::string line; std::getline(file, line);) {
    const std::size_t vendor = line.find(vendor_key), product = line.find(product_key);
    if (product == std::string::npos) continue;
    const std::size_t products = product + product_key.size();
    const std::string all = line.substr(products, line.find('"', products) - products);
    const std::vector<std::string> ids = absl::StrSplit(all, '|');
    for (const std::string& one : ids) {
      in_rules.push_back(line.substr(vendor + vendor_key.size(), 4) + ":" + one);
    }
  }
  const auto table = builtin_usb_table();
  ASSERT_TRUE(table.ok()) << table.status();
  for (const auto& [id, entry] : *table) EXPECT_THAT(in_rules, Contains(id)) << entry.name;
  EXPECT_EQ(in_rules.size(), table->size());
}

}  // namespace
}  // namespace tinyrig::discovery

#include "server/boards/farm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "server/base/error.h"

namespace tinyrig::boards {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FarmTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string("farm-") + info->name() + ".toml";
    std::replace(name.begin(), name.end(), '/', '-');
    path_ = std::filesystem::path(::testing::TempDir()) / name;
    std::ofstream(path_) << text;
    return path_;
  }
  ~FarmTest() override { std::filesystem::remove(path_); }

  std::filesystem::path path_;
};

TEST_F(FarmTest, ReadsBoardsWithWhatIsWiredToThem) {
  const auto farm = load_farm(write(R"(
[[board]]
id = "a"
type = "mps2-an386"
port = "/dev/ttyACM0"
labels = ["m4", "lab 2"]
flasher = { kind = "gdb-remote", endpoint = "unix:/run/a.gdb" }
power = { kind = "line-switch", endpoint = "tcp:127.0.0.1:99", outlet = "3" }
unit_id = "00AB"
[[board]]
id = "b"
type = "microbit"
port = "/dev/ttyACM1"
firmware = "firmware-tflm"
)"));
  ASSERT_TRUE(farm.ok()) << farm.status();
  ASSERT_EQ(farm->size(), 2U);
  EXPECT_EQ((*farm)[0].id, "a");
  EXPECT_THAT((*farm)[0].labels, ElementsAre("m4", "lab 2"));
  EXPECT_EQ((*farm)[0].flasher->endpoint, "unix:/run/a.gdb");
  EXPECT_EQ((*farm)[0].power->outlet, "3");
  EXPECT_EQ((*farm)[0].unit_id, "00ab");
  EXPECT_EQ((*farm)[1].type, "microbit");
  EXPECT_FALSE((*farm)[1].flasher.has_value());
  EXPECT_TRUE((*farm)[0].firmware_dir.empty());
  EXPECT_EQ((*farm)[1].firmware_dir, std::filesystem::path(::testing::TempDir()) / "firmware-tflm");
}

TEST_F(FarmTest, PowerIsSwitchedByCommandsToo) {
  const std::string board = "[[board]]\nid = \"a\"\ntype = \"t\"\nport = \"p\"\n";
  const auto hub = load_farm(write(board + "power = { kind = \"uhubctl\", hub = \"1-1.4\", port = 2 }\n"));
  ASSERT_TRUE(hub.ok()) << hub.status();
  EXPECT_THAT((*hub)[0].power->cycle, ElementsAre("uhubctl", "-l", "1-1.4", "-p", "2", "-a", "cycle", "-d", "2"));
  EXPECT_EQ((*hub)[0].power->outlet, "1-1.4 port 2");
  const auto relay = load_farm(write(board + "power = { kind = \"command\", cycle = [\"relay\", \"3\"] }\n"));
  ASSERT_TRUE(relay.ok()) << relay.status();
  EXPECT_THAT((*relay)[0].power->cycle, ElementsAre("relay", "3"));
  EXPECT_EQ((*relay)[0].power->outlet, "relay 3") << "the same command is the same outlet";
  const auto message = [&](const std::string& line) {
    return std::string(load_farm(write(board + line + "\n")).status().message());
  };
  EXPECT_THAT(message("power = { kind = \"magic\" }"), HasSubstr("one of line-switch, uhubctl, command"));
  EXPECT_THAT(message("power = { kind = \"command\" }"), HasSubstr("'cycle' must be a command"));
  EXPECT_THAT(message("power = { kind = \"uhubctl\", hub = \"1-1\" }"), HasSubstr("'port'"));
  EXPECT_THAT(message("unit_id = \"xyz\""), HasSubstr("hexadecimal"));
}

TEST_F(FarmTest, BoardsAreNamedByWhatTheyAreOnUsb) {
  const auto farm = load_farm(write(R"(
[[board]]
id = "a"
type = "t"
usb = "0483:374b:0669FF"
usb_interface = 2
power = { kind = "ppk2", port = "/dev/ttyACM4", supply_mv = 1800 }
)"));
  ASSERT_TRUE(farm.ok()) << farm.status();
  EXPECT_EQ((*farm)[0].port, "");
  EXPECT_EQ((*farm)[0].usb->text(), "0483:374b:0669FF");
  EXPECT_EQ((*farm)[0].usb->interface, 2U);
  EXPECT_EQ((*farm)[0].power->outlet, "/dev/ttyACM4");
  EXPECT_EQ((*farm)[0].power->supply_mv, 1'800U);
}

TEST_F(FarmTest, AnInstrumentIsTheSupplyOrLiesInItsWay) {
  const std::string board = "[[board]]\nid = \"a\"\ntype = \"t\"\nport = \"p\"\n";
  const std::string power = "power = { kind = \"ppk2\", port = \"/dev/ppk2\", supply_mv = 3000 }\n";
  const auto instrument = [](const std::string& more) {
    return "instrument = { kind = \"ppk2\", port = \"/dev/ppk2\", " + more + " }\n";
  };
  const auto farm_of = [&](const std::string& lines) { return load_farm(write(board + lines)); };
  EXPECT_FALSE((*farm_of(""))[0].instrument.has_value());
  const auto alone = farm_of(instrument("supply_mv = 3000"));
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_EQ((*alone)[0].instrument->kind, "ppk2");
  EXPECT_EQ((*alone)[0].instrument->port, "/dev/ppk2");
  EXPECT_EQ((*alone)[0].instrument->supply_mv, 3'000U);
  EXPECT_TRUE(*(*alone)[0].instrument->supplies_board) << "nothing else does";
  const auto ampere = farm_of(instrument("supply_mv = 3000, mode = \"ampere\""));
  ASSERT_TRUE(ampere.ok()) << ampere.status();
  EXPECT_FALSE(*(*ampere)[0].instrument->supplies_board);
  const auto switched =
      farm_of("power = { kind = \"command\", cycle = [\"relay\"] }\n" + instrument("supply_mv = 3000"));
  ASSERT_TRUE(switched.ok()) << switched.status();
  EXPECT_FALSE(*(*switched)[0].instrument->supplies_board) << "something else does";
  const auto both = farm_of(power + instrument("supply_mv = 3000"));
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_TRUE(*(*both)[0].instrument->supplies_board) << "one device";
  const auto message = [&](const std::string& lines) { return std::string(farm_of(lines).status().message()); };
  EXPECT_THAT(message(power + instrument("supply_mv = 1800")), HasSubstr("two voltages, 3000 and 1800 mV"));
  EXPECT_THAT(message(power + instrument("supply_mv = 3000, mode = \"ampere\"")), HasSubstr("leave it out"));
  EXPECT_THAT(message(instrument("supply_mv = 700")), HasSubstr("'supply_mv' must be 800 to 5000"));
  EXPECT_THAT(message(instrument("supply_mv = 3000, mode = \"both\"")), HasSubstr("'mode' must be source"));
  EXPECT_THAT(message(instrument("supply_mv = 3000, volts = 3")), HasSubstr("unknown key 'volts'"));
  EXPECT_THAT(message("instrument = { kind = \"otii\" }\n"), HasSubstr("instrument 'kind' must be ppk2"));
  const std::string another = "[[board]]\nid = \"b\"\ntype = \"t\"\nport = \"q\"\n";
  EXPECT_THAT(message(instrument("supply_mv = 3000") + another + instrument("supply_mv = 3000")),
              HasSubstr(":6: board #2: the PPK2 at /dev/ppk2 is taken: board 'a' has it already"));
  EXPECT_THAT(message(power + another + instrument("supply_mv = 3000")), HasSubstr("/dev/ppk2 is taken"));
  EXPECT_THAT(message("instrument = { kind = \"ppk2\", port = \"p\", supply_mv = 3000 }\n"),
              HasSubstr("one of them is the board's own"));
}

TEST_F(FarmTest, AFarmWithoutBoardsIsFine) {
  const auto farm = load_farm(write(""));
  ASSERT_TRUE(farm.ok()) << farm.status();
  EXPECT_TRUE(farm->empty());
}

struct BadFarm {
  const char* name;
  const char* text;
  const char* message;
};

class BadFarmTest : public FarmTest, public ::testing::WithParamInterface<BadFarm> {};

TEST_P(BadFarmTest, IsRefusedWithFileLineAndProblem) {
  const auto farm = load_farm(write(GetParam().text));
  ASSERT_FALSE(farm.ok());
  EXPECT_EQ(farm.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(reason_of(farm.status()), "FARM_FILE_INVALID");
  EXPECT_THAT(std::string(farm.status().message()), HasSubstr(path_.string()));
  EXPECT_THAT(std::string(farm.status().message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadFarmTest,
    ::testing::Values(
        BadFarm{"Syntax", "[[board]\n", ":1: "},
        BadFarm{"MissingType", "[[board]]\nid='a'\nport='p'\n", ":1: board #1: 'type' is missing"},
        BadFarm{"EmptyId", "[[board]]\nid=''\ntype='t'\nport='p'\n", ":2: board #1: 'id' must be a non-empty string"},
        BadFarm{"WrongType", "[[board]]\nid=3\ntype='t'\nport='p'\n", "'id' must be a non-empty string"},
        BadFarm{"NoUsbIdentity", "[[board]]\nid='a'\ntype='t'\nusb='0483:374B:1'\n", ":4: board #1: 'usb' must be"},
        BadFarm{"PortAndUsb", "[[board]]\nid='a'\ntype='t'\nusb='0483:374b:1'\nport='p'\n",
                ":5: board #1: 'port' and 'usb'"},
        BadFarm{"IdThatLeadsElsewhere", "[[board]]\nid='../a'\ntype='t'\nusb='0483:374b:1'\n",
                ":2: board #1: 'id' must be a file's name"},
        BadFarm{"VoltageThatBreaksTheBoard",
                "[[board]]\nid='a'\ntype='t'\nport='p'\npower={kind='ppk2', port='q', supply_mv=33000}\n",
                "'supply_mv' must be 800 to 5000"},
        BadFarm{"UnknownKey", "[[board]]\nid='a'\ntype='t'\nport='p'\nbaud=9600\n", ":5: board #1: unknown key 'baud'"},
        BadFarm{"TwiceTheSameId", "[[board]]\nid='a'\ntype='t'\nport='p'\n[[board]]\nid='a'\ntype='t'\nport='p'\n",
                "id 'a' is used twice"},
        BadFarm{"Endpoint", "[[board]]\nid='a'\ntype='t'\nport='p'\nflasher={kind='gdb-remote',endpoint='/run/x'}\n",
                "'endpoint' must be \"unix:PATH\" or \"tcp:HOST:PORT\""},
        BadFarm{"Placeholder", "[[board]]\nid='a'\ntype='t'\nport='p'\nflasher={kind='command',write=['x','{imge}']}\n",
                ":5: board #1, flasher: 'write' has the placeholder {imge}"},
        BadFarm{"UnknownTable", "[boards]\n", "'boards' is unknown"}),
    [](const auto& case_info) { return case_info.param.name; });

TEST(Farm, AFileThatIsNotThereIsNamed) {
  const auto farm = load_farm("/nowhere/farm.toml");
  EXPECT_EQ(farm.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(farm.status().message()), HasSubstr("/nowhere/farm.toml"));
}

}  // namespace
}  // namespace tinyrig::boards

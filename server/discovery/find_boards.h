// What is plugged in, as boards: all ports of one USB device are one board; devices without a port are there when they
// are known (bootloaders, bare probes). Looks, and opens nothing.
//
// Thread-safe: no state.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "server/discovery/usb_table.h"
#include "server/usb/places.h"
#include "tinyrig/v1/discovery.pb.h"

namespace tinyrig::discovery {

struct Wanted {
  std::vector<std::string> ttys;         // those of list_serial_ports()
  std::vector<std::string> named_ports;  // paths that the user gave; PTYs come in no other way
  std::set<std::string> board_types;     // ids of the catalog
};

struct PortIndex {
  int board = 0;
  int port = 0;
};

struct Found {
  v1::ScanReport report;  // every port is NOT_ASKED yet
  // Those that may be asked HELLO; the others' details say why not. A port that was named always may.
  std::vector<PortIndex> may_ask;
};

Found find_boards(const usb::Places& places, const UsbTable& table, const Wanted& wanted);

}  // namespace tinyrig::discovery

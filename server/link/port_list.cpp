#include "server/link/port_list.h"

#include <libserialport.h>

#include "server/base/error.h"

namespace tinyrig::link {
namespace {

std::string text(const char* value) { return value == nullptr ? "" : value; }

}  // namespace

absl::StatusOr<std::vector<PortInfo>> list_ports() {
  sp_port** ports = nullptr;
  if (sp_list_ports(&ports) != SP_OK) {
    return make_error(absl::StatusCode::kUnavailable, "PORT_LIST_FAILED", "the system does not list its serial ports",
                      "name the ports in the farm's configuration");
  }
  std::vector<PortInfo> list;
  for (sp_port** port = ports; *port != nullptr; ++port) {
    PortInfo info;
    info.path = text(sp_get_port_name(*port));
    info.description = text(sp_get_port_description(*port));
    info.is_usb = sp_get_port_transport(*port) == SP_TRANSPORT_USB;
    if (info.is_usb) {
      sp_get_port_usb_vid_pid(*port, &info.vendor_id, &info.product_id);
      info.serial = text(sp_get_port_usb_serial(*port));
      info.manufacturer = text(sp_get_port_usb_manufacturer(*port));
      info.product = text(sp_get_port_usb_product(*port));
    }
    list.push_back(std::move(info));
  }
  sp_free_port_list(ports);
  return list;
}

}  // namespace tinyrig::link

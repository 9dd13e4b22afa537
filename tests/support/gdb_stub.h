// A GDB remote stub with memory of its own, and flash if told so, that can misbehave: for tests of what talks to stubs.
// Speaks the real bytes on a Unix socket, on the executor of its context.
#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/flash/rsp_packet.h"

namespace tinyrig::test {

class GdbStub {
 public:
  GdbStub(boost::asio::io_context& context, const std::string& path)
      : acceptor_(context, boost::asio::local::stream_protocol::endpoint(path)) {
    boost::asio::co_spawn(context, serve(), boost::asio::detached);
  }

  // Called first with every command; what it returns is sent as it is, in place of the proper answer.
  std::function<std::optional<std::string>(const std::string& command, int nth)> instead;
  std::map<std::uint32_t, std::uint8_t> memory;
  std::vector<std::string> commands;
  std::string features = "PacketSize=1000";

  // Written by vFlash alone, by blocks, where it was erased, and for good when vFlashDone says so.
  struct Flash {
    std::uint32_t start, length, block_bytes;
  };
  void add_flash(const Flash& flash) {
    flash_.push_back(flash);
    if (memory_map.empty()) features += ";qXfer:memory-map:read+";
    memory_map =
        "<?xml version=\"1.0\"?>\n<memory-map>\n<memory type=\"ram\" start=\"0x20000000\" length=\"0x1000\"/>\n";
    for (const Flash& part : flash_) {
      char text[160];
      std::snprintf(text, sizeof text,
                    "<memory type=\"flash\" start=\"0x%x\" length=\"0x%x\">\n"
                    "<property name=\"blocksize\">0x%x</property>\n</memory>\n",
                    part.start, part.length, part.block_bytes);
      memory_map += text;
    }
    memory_map += "</memory-map>\n";
  }
  std::string memory_map;

 private:
  using Socket = boost::asio::local::stream_protocol::socket;

  boost::asio::awaitable<void> serve() {
    constexpr auto kUseTuple = boost::asio::as_tuple(boost::asio::use_awaitable);
    auto accepting = acceptor_.async_accept(kUseTuple);
    auto [accept_error, socket] = co_await std::move(accepting);
    if (accept_error) co_return;
    flash::RspDecoder decoder;
    std::array<std::uint8_t, 4096> buffer;
    for (;;) {
      auto reading = socket.async_read_some(boost::asio::buffer(buffer), kUseTuple);
      const auto [error, count] = co_await std::move(reading);
      if (error) co_return;
      std::string reply;
      for (std::size_t i = 0; i < count; ++i) {
        const auto event = decoder.feed(buffer[i]);
        if (!event.has_value()) continue;
        if (event->kind == flash::RspEvent::Kind::kRepeat) reply += last_;
        if (event->kind != flash::RspEvent::Kind::kPacket) continue;
        commands.push_back(event->payload);
        const auto other = instead ? instead(event->payload, static_cast<int>(commands.size())) : std::nullopt;
        last_ = flash::encode_packet(answer(event->payload));
        reply += other.has_value() ? *other : "+" + last_;
      }
      if (reply == "close") co_return;
      auto writing = boost::asio::async_write(socket, boost::asio::buffer(reply), kUseTuple);
      co_await std::move(writing);
    }
  }

  std::string answer(const std::string& command) {
    unsigned address = 0, size = 0;
    if (command.rfind("qSupported", 0) == 0) return features;
    if (command == "?") return "T05thread:01;";
    if (command.rfind("qRcmd,", 0) == 0 || command == "D") return "OK";
    if (std::sscanf(command.c_str(), "M%x,%x:", &address, &size) == 2) {
      const auto bytes = flash::from_hex(std::string_view(command).substr(command.find(':') + 1));
      if (!bytes.has_value() || bytes->size() != size) return "E22";
      for (unsigned i = 0; i < size; ++i) {
        if (flash_at(address + i) != nullptr) return "E01";
        memory[address + i] = (*bytes)[i];
      }
      return "OK";
    }
    if (std::sscanf(command.c_str(), "qXfer:memory-map:read::%x,%x", &address, &size) == 2) {
      if (memory_map.empty() || address > memory_map.size()) return "E00";
      const std::string part = memory_map.substr(address, size);
      return (address + part.size() == memory_map.size() ? "l" : "m") + part;
    }
    if (command.rfind("vFlash", 0) == 0 && !flash_.empty()) return change_flash(command);
    if (std::sscanf(command.c_str(), "m%x,%x", &address, &size) == 2) {
      std::vector<std::uint8_t> bytes;
      for (unsigned i = 0; i < size; ++i) bytes.push_back(memory[address + i]);
      return flash::to_hex(std::span<const std::uint8_t>(bytes));
    }
    return "";
  }

  const Flash* flash_at(std::uint32_t address) const {
    for (const Flash& part : flash_) {
      if (address >= part.start && address - part.start < part.length) return &part;
    }
    return nullptr;
  }

  std::string change_flash(const std::string& command) {
    unsigned address = 0, size = 0;
    if (command == "vFlashDone") {
      for (const auto& [at, byte] : staged_) memory[at] = byte;
      staged_.clear();
      next_write_ = 0;
      return "OK";
    }
    if (std::sscanf(command.c_str(), "vFlashErase:%x,%x", &address, &size) == 2) {
      const Flash* part = flash_at(address);
      if (part == nullptr || size > part->length - (address - part->start)) return "E02";
      if ((address - part->start) % part->block_bytes != 0 || size % part->block_bytes != 0) return "E03";
      for (unsigned i = 0; i < size; ++i) staged_[address + i] = 0xFF;
      return "OK";
    }
    if (std::sscanf(command.c_str(), "vFlashWrite:%x:", &address) != 1) return "E04";
    if (address < next_write_) return "E06";  // not in order of address
    const std::string bytes = command.substr(command.find(':', sizeof "vFlashWrite:") + 1);
    for (const char byte : bytes) {
      if (flash_at(address) == nullptr) return "E.memtype";
      const auto cell = staged_.find(address++);
      if (cell == staged_.end() || cell->second != 0xFF) return "E05";
      cell->second = static_cast<std::uint8_t>(byte);
    }
    next_write_ = address;
    return "OK";
  }

  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::string last_;
  std::vector<Flash> flash_;
  std::map<std::uint32_t, std::uint8_t> staged_;
  std::uint32_t next_write_ = 0;
};

}  // namespace tinyrig::test

// tinyrig board flash: the board's agent, or firmware of one's own.
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

#include "client/borrowed_board.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/interrupt.h"
#include "client/model_upload.h"
#include "client/percent_progress.h"
#include "client/table.h"
#include "server/flash/elf.h"
#include "tinyrig/v1/board_access.grpc.pb.h"

namespace tinyrig::client {
namespace {

using FlashCall = grpc::ClientReaderWriter<v1::FlashBoardRequest, v1::FlashBoardResponse>;

constexpr std::size_t kFlashChunkBytes = 64 * 1024;
constexpr std::int64_t kLongestFlashSeconds = 30 * 60;

void send(FlashCall& call, const v1::BoardAccess& access, const std::string& elf) {
  v1::FlashBoardRequest request;
  *request.mutable_start()->mutable_access() = access;
  bool open = call.Write(request);
  for (std::size_t at = 0; open && at < elf.size(); at += kFlashChunkBytes) {
    request.set_chunk(elf.substr(at, kFlashChunkBytes));
    open = call.Write(request);
  }
  if (open) call.WritesDone();  // a call that the server ended has the reason in Finish()
}

double seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

std::string done_text(const std::string& board, const v1::FlashBoardResponse::Done& done) {
  char times[80];
  std::snprintf(times, sizeof times, "written in %.2f s, ", seconds(done.write_time()));
  std::string text = printable(board) + ": " + grouped(done.bytes_written()) + " bytes " + times;
  if (done.read_back()) {
    std::snprintf(times, sizeof times, "read back and compared in %.2f s", seconds(done.verify_time()));
    text += times;
  } else {
    text += "not read back (this flasher cannot)";
  }
  if (done.has_agent()) text += "; agent " + printable(done.agent().build_id()) + " answers";
  return text + "\n";
}

}  // namespace

ExitCode board_flash(const GlobalOptions& global, const FlashOptions& options) {
  std::string elf;
  if (!options.file.empty()) {
    if (const ExitCode read = read_file(options.file, &elf); read != kOk) return read;
    // Before the board is taken out of the queue for it.
    const auto image = flash::read_elf(std::span(reinterpret_cast<const std::uint8_t*>(elf.data()), elf.size()));
    if (!image.ok()) {
      return report_usage(printable(options.file + ": " + std::string(image.status().message())),
                          "give the ELF file that the linker made, or none for the daemon's agent");
    }
  }
  InterruptWatch interrupt;
  const Connection connection(global.server);
  BorrowedBoard board(connection, interrupt, options.board);
  if (const ExitCode taken = board.take(options.token, options.owner, "flashing", kLongestFlashSeconds); taken != kOk) {
    return taken;
  }

  const auto stub = connection.stub<v1::BoardAccessService>();
  grpc::ClientContext context;
  const auto call = stub->FlashBoard(&context);
  interrupt.on_interrupt([&context] { context.TryCancel(); });
  send(*call, board.access(), elf);
  v1::FlashBoardResponse message, last;
  {
    PercentProgress progress("flashing");
    while (call->Read(&message)) {
      last = message;
      if (message.has_progress()) progress.show(message.progress().done(), message.progress().total());
    }
  }
  const grpc::Status status = call->Finish();
  interrupt.on_interrupt(nullptr);
  if (interrupt.interrupted() && !status.ok()) {
    std::fprintf(stderr, "given up; what had been written stays on %s\n", printable(options.board).c_str());
    return kDetached;
  }
  if (!status.ok()) return report(failure_of(status, context, connection.server()));
  return print(global.json ? to_json(last.done()) : done_text(options.board, last.done())) ? kOk : kUnavailable;
}

}  // namespace tinyrig::client

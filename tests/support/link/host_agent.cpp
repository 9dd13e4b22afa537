#include "tests/support/link/host_agent.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace tinyrig::test {

HostAgent HostAgent::on_socket(std::vector<std::string> arguments) {
  HostAgent agent;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    std::perror("socketpair");
    std::abort();
  }
  agent.our_end_ = ends[0];
  ::fcntl(ends[1], F_SETFD, 0);
  arguments.insert(arguments.end(), {"--fd", std::to_string(ends[1])});
  agent.spawn(std::move(arguments));
  ::close(ends[1]);
  return agent;
}

HostAgent HostAgent::on_pty(const std::string& link, std::vector<std::string> arguments) {
  HostAgent agent;
  arguments.insert(arguments.end(), {"--pty", link});
  agent.spawn(std::move(arguments));
  return agent;
}

void HostAgent::spawn(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), TINYRIG_AGENT_HOST);
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execv(argv[0], argv.data());
    std::perror(TINYRIG_AGENT_HOST);
    ::_exit(127);
  }
}

HostAgent::HostAgent(HostAgent&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), our_end_(std::exchange(other.our_end_, -1)) {}

HostAgent::~HostAgent() {
  kill();
  if (our_end_ >= 0) {
    ::close(our_end_);
  }
}

int HostAgent::take_fd() { return std::exchange(our_end_, -1); }

std::unique_ptr<link::FdTransport> HostAgent::take_transport(boost::asio::any_io_executor executor) {
  return std::make_unique<link::FdTransport>(std::move(executor), take_fd(), "host agent");
}

void HostAgent::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
}

int HostAgent::wait() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace tinyrig::test

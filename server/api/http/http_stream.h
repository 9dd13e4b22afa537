// What a connection of the HTTP face goes over: TCP, or TLS on it. Beast is slow to compile: for the files of this
// folder that need it alone.
#pragma once

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace tinyrig::api {

using PlainStream = boost::beast::tcp_stream;
using TlsStream = boost::beast::ssl_stream<PlainStream>;

}  // namespace tinyrig::api

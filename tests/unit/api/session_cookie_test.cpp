#include "server/api/http/session_cookie.h"

#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::api {
namespace {

HttpRequest with(const std::string& name, const std::string& value) {
  HttpRequest request;
  request.headers.emplace_back(name, value);
  return request;
}

TEST(SessionCookieTest, TheHeaderIsBeforeTheCookie) {
  HttpRequest request = with("cookie", "tinyrig=abc");
  EXPECT_EQ(authorization_of(request, false), "Bearer abc");
  request.headers.emplace_back("authorization", "Bearer xyz");
  EXPECT_EQ(authorization_of(request, false), "Bearer xyz");
  EXPECT_EQ(authorization_of(HttpRequest(), false), "");
}

TEST(SessionCookieTest, OnlyTheCookieOfThatName) {
  EXPECT_EQ(authorization_of(with("cookie", "a=b; tinyrig=t.o-k_1; c=d"), false), "Bearer t.o-k_1");
  EXPECT_EQ(authorization_of(with("cookie", "xtinyrig=abc"), false), "");
  EXPECT_EQ(authorization_of(with("cookie", "tinyrig"), false), "");
  EXPECT_EQ(authorization_of(with("cookie", "tinyrig="), false), "");
  EXPECT_EQ(authorization_of(with("cookie", ";;;"), false), "");
  EXPECT_EQ(authorization_of(with("cookie", "tinyrig=a b"), false), "") << "no token has a blank";
  // A page that came without TLS may have set the plain one.
  EXPECT_EQ(authorization_of(with("cookie", "tinyrig=abc"), true), "");
  EXPECT_EQ(authorization_of(with("cookie", "__Host-tinyrig=abc"), true), "Bearer abc");
}

TEST(SessionCookieTest, WhatIsSetHoldsNothingButTheToken) {
  EXPECT_EQ(session_cookie("abc", false), "tinyrig=abc; Path=/; HttpOnly; SameSite=Strict");
  EXPECT_EQ(session_cookie("abc", true), "__Host-tinyrig=abc; Path=/; HttpOnly; SameSite=Strict; Secure");
  EXPECT_EQ(session_cookie("", true), "__Host-tinyrig=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0");
}

TEST(SessionCookieTest, ALoginNamesAToken) {
  HttpRequest request;
  request.body = R"({"token": "abc"})";
  EXPECT_EQ(*token_of_login(request), "abc");
  for (const char* body : {"", "{", "[]", "{}", R"({"token": 1})", R"({"token": ""})", R"({"token": "a;b"})",
                           R"({"token": "a\r\nSet-Cookie: x=y"})"}) {
    request.body = body;
    EXPECT_EQ(reason_of(token_of_login(request).status()), "LOGIN_MALFORMED") << body;
  }
}

}  // namespace
}  // namespace tinyrig::api
